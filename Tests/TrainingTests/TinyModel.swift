import Foundation
import Model
import Numerics
import System
import Weights

@testable import Training

/// A tiny model, and tuners, batches and recipes for it.
enum TinyModel {
  /// Tensors made up in the test.
  private struct Tensors: ComputedTensors {
    var tensors: [String: (shape: [Int], values: [Float])] = [:]
    var names: [String] { tensors.keys.sorted() }

    mutating func add(_ name: String, _ shape: [Int], around mean: Float = 0, spread: Float = 0.15) {
      var state = name.utf8.reduce(UInt64(1469)) { ($0 ^ UInt64($1)) &* 1_099_511_628_211 }
      let values = (0..<shape.reduce(1, *)).map { _ -> Float in
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return mean + Float(Int32(truncatingIfNeeded: state >> 32)) / Float(1 << 31) * spread
      }
      tensors[name] = (shape, values)
    }

    mutating func addBlock(_ prefix: String, _ width: Int) {
      for ln in ["ln_1", "ln_2"] {
        add(prefix + ln + ".weight", [width], around: 1)
        add(prefix + ln + ".bias", [width])
      }
      add(prefix + "attn.in_proj_weight", [3 * width, width])
      add(prefix + "attn.in_proj_bias", [3 * width])
      for (layer, outputs, inputs) in [
        ("attn.out_proj", width, width), ("mlp.c_fc", 32, width), ("mlp.c_proj", width, 32),
      ] {
        add(prefix + layer + ".weight", [outputs, inputs])
        add(prefix + layer + ".bias", [outputs])
      }
    }

    init() {
      add("visual.conv1.weight", [64, 3, 4, 4])
      add("visual.class_embedding", [64])
      add("visual.positional_embedding", [5, 64])
      for ln in ["visual.ln_pre", "visual.ln_post", "ln_final"] {
        add(ln + ".weight", [64], around: 1)
        add(ln + ".bias", [64])
      }
      for layer in 0..<2 {
        addBlock("visual.transformer.resblocks.\(layer).", 64)
        addBlock("transformer.resblocks.\(layer).", 64)
      }
      add("visual.proj", [64, 16])
      add("token_embedding.weight", [20, 64])
      add("positional_embedding", [6, 64])
      add("text_projection", [64, 16])
      add("fusion.shift.weight", [16, 1, 3], spread: 0.3)
      add("logit_scale", [], around: 2, spread: 0)
    }

    func info(_ name: String) -> TensorInfo? {
      tensors[name].flatMap { TensorInfo(name: name, elementType: .f32, shape: $0.shape) }
    }

    func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
      guard let tensor = tensors[name] else { throw Failure(.missingTensor, name) }
      _ = destination.update(from: tensor.values)
    }
  }

  static func base() throws -> ActionCLIP {
    try ActionCLIP(Tensors(), options: LoadOptions(frames: 2, threads: 1), declaresOptions: false)
  }

  /// Four clips of three labels, with a text each.
  static func batch() throws -> MemoryBatch {
    try MemoryBatch(
      pixels: (0..<4 * 2 * 192).map { sin(Float($0 * ($0 % 11)) * 0.13) },
      tokens: [18, 1, 2, 19, 0, 0, 18, 3, 19, 0, 0, 0, 18, 1, 5, 6, 19, 0, 18, 9, 19, 0, 0, 0],
      labels: LabelSets([[0], [1], [0], [2]]), textCount: 4)
  }

  static func tuner(
    _ base: ActionCLIP, _ parts: TrainedParts = .everything, _ recipe: Recipe = quick,
    threads: Int = 1,
    memoryLimit: Int? = nil
  ) throws -> Tuner {
    try Tuner(
      base, parts, recipe, sizes, memoryLimit: memoryLimit,
      options: LoadOptions(threads: threads))
  }

  static let sizes = Tuner.Sizes(clips: 4, texts: 4, stepsPerEpoch: 5)

  /// A recipe of few steps, large enough to be seen.
  static let quick = {
    var recipe = Recipe.anchored
    (recipe.epochs, recipe.warmUpEpochs, recipe.rate) = (4, 0.2, 1e-3)
    return recipe
  }()

  static func values(_ model: ActionCLIP) throws -> [String: [Float]] {
    var all: [String: [Float]] = [:]
    for parameter in model.parameters {
      let values = try parameter.values()
      all[parameter.name] = (0..<values.count).map { values[$0] }
    }
    return all
  }
}
