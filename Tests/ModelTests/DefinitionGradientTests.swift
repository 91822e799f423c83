import Foundation
import Numerics
import System
import Testing
import Weights

@testable import Model

/// The gradient of every parameter, for every temporal option, against central differences in Double of the network's
/// definition. The loss combines all numbers of the embeddings with random factors.
struct DefinitionGradientTests {
  /// Errors of right gradients are below this, and of wrong ones above.
  private static let tolerance = 5e-3
  private static let frames = 3

  /// Two texts' ids; where there are context vectors, both stand in one text and one of them in the other.
  private static func texts(_ option: GradientTests.Option) -> [[Int]] {
    option.hasContext ? [[48, -1, -2, 3, 49], [48, -2, 9, 49]] : [[48, 3, 7, 7, 49], [48, 9, 49]]
  }

  private struct Problem {
    let model: TrainableModel
    let pixels: [Float]
    let texts: [[Int]]
    let seed: UInt64 = 5  // of what the head drops
    let videoFactors, textFactors: [Float]
    var definition: DoubleModel

    init(_ option: GradientTests.Option) throws {
      let (frames, size) = (DefinitionGradientTests.frames, InMemoryTensors.embedding)
      let loaded = try ActionCLIP(
        option.tensors(frames: frames),
        options: LoadOptions(
          joint: option.isJoint, temporalShift: option.shift, head: option.isJoint ? nil : option.head,
          frames: frames, threads: 2, activation: option.activation),
        declared: option.declared, declaresOptions: false)
      model = try TrainableModel(loaded, headDropout: option.dropout) { _ in true }
      texts = DefinitionGradientTests.texts(option)
      definition = DoubleModel(
        option, frames: frames,
        dropout: option.dropout > 0 ? HeadDropout(rate: option.dropout, seed: seed) : nil)
      pixels = (0..<frames * 192).map { sin(Float($0) * 0.37) }
      videoFactors = (0..<size).map { cos(Float($0 * $0) * 0.71) + 0.2 }
      textFactors = (0..<2 * size).map { sin(Float($0 * $0) * 0.53) - 0.1 }
    }

    /// Every parameter's gradient by its name without the infix of shift, for these factors.
    func gradients(_ videoFactors: [Float], _ textFactors: [Float]) throws -> [String: [Float]] {
      model.clearGradients()
      try model.addVideoGradient(pixels, seed: seed, gradient: videoFactors)
      let length = InMemoryTensors.context
      let tokens = texts.flatMap { ids in
        ids.map(Int32.init) + [Int32](repeating: 0, count: length - ids.count)
      }
      try model.addTextGradients(tokens: tokens, count: 2, gradient: textFactors)
      return Dictionary(
        uniqueKeysWithValues: model.parameters.map { parameter in
          (DoubleModel.plain(parameter.name), (0..<parameter.gradient.count).map { parameter.gradient[$0] })
        })
    }

    /// The part of the loss that a parameter changes.
    func loss(_ name: String, frameEmbeddings: DoubleModel.Rows?) -> Double {
      func combined(_ values: [Double], _ factors: ArraySlice<Float>) -> Double {
        zip(values, factors).reduce(0) { $0 + $1.0 * Double($1.1) }
      }
      guard name.hasPrefix("visual.") || name.hasPrefix("fusion.") else {
        let size = InMemoryTensors.embedding
        return texts.enumerated().reduce(0) {
          $0 + combined(definition.textEmbedding($1.element), textFactors[($1.offset * size)...].prefix(size))
        }
      }
      let rows = frameEmbeddings ?? definition.frameEmbeddings(pixels)
      return combined(definition.joined(rows), videoFactors[...])
    }

    /// The slopes at some entries, the largest of the gradient among them.
    mutating func slopes(_ name: String, _ gradient: [Float]) throws -> [(index: Int, slope: Double)] {
      let largest = try #require(gradient.indices.max { abs(gradient[$0]) < abs(gradient[$1]) })
      let frameEmbeddings = name.hasPrefix("fusion.") ? definition.frameEmbeddings(pixels) : nil
      let chosen = Set([largest, gradient.count * 2 / 3])
      return try chosen.sorted().map { index in
        let before = try #require(definition.tensors[name]?[index])
        let step = 1e-5 * max(1, abs(before))
        definition.tensors[name]?[index] = before + step
        let above = loss(name, frameEmbeddings: frameEmbeddings)
        definition.tensors[name]?[index] = before - step
        let below = loss(name, frameEmbeddings: frameEmbeddings)
        definition.tensors[name]?[index] = before
        return (index, (above - below) / (2 * step))
      }
    }
  }

  /// |a - n| over the larger of both, or over a thousandth of the largest entry where both are small.
  private static func error(_ gradient: [Float], _ slopes: [(index: Int, slope: Double)]) -> Double {
    let largest = gradient.reduce(0) { max($0, abs(Double($1))) }
    return slopes.reduce(0) { error, entry in
      let own = Double(gradient[entry.index])
      let difference =
        abs(own - entry.slope) / (max(abs(own), abs(entry.slope)) + 1e-3 * largest)
      return difference.isNaN ? .infinity : max(error, difference)
    }
  }

  /// Wrong gradients of a parameter: larger by a twentieth, and with its factors exchanged (a matrix read along its
  /// columns, a vector from its end).
  private static func mutants(_ gradient: [Float], shape: [Int]) -> [(name: String, gradient: [Float])] {
    let scaled = ("scaled", gradient.map { $0 * 1.05 })
    guard gradient.count > 1 else { return [scaled] }
    let rows = shape.count > 1 ? shape[0] : 1
    let columns = gradient.count / rows
    let turned = gradient.indices.map {
      rows > 1 ? gradient[$0 % rows * columns + $0 / rows] : gradient[gradient.count - 1 - $0]
    }
    return [scaled, ("transposed", turned)]
  }

  /// Whether embeddings depend on a parameter. Files of Conv_1D have frames' positions too, which it does not use.
  private static func isUsed(_ name: String, _ option: GradientTests.Option) -> Bool {
    name != "logit_scale" && (option.head != .conv1D || !name.contains("frame_position_embeddings"))
  }

  /// Whether another option has not the same gradient.
  private static func isOwn(_ name: String, _ option: GradientTests.Option) -> Bool {
    let (isImage, isHead) = (name.hasPrefix("visual."), name.hasPrefix("fusion."))
    if option.hasContext { return !isImage && !isHead }
    if option.dropout > 0 { return isHead || name == "visual.proj" }
    return isImage || isHead || option.name == "MeanP"
  }

  @Test(arguments: GradientTests.options)
  func gradientsAreDerivativesAndMutantsAreNot(option: GradientTests.Option) throws {
    var problem = try Problem(option)
    let (video, text) = (problem.videoFactors, problem.textFactors)
    let gradients = try problem.gradients(video, text)
    // Without the terms of every second number of the embeddings, from the first or from the second on.
    let dropped = try (0..<2).map { kept in
      try problem.gradients(
        video.indices.map { $0 % 2 == kept ? video[$0] : 0 },
        text.indices.map { $0 % 2 == kept ? text[$0] : 0 })
    }
    var checked = 0
    for parameter in problem.model.parameters {
      let name = DoubleModel.plain(parameter.name)
      let own = try #require(gradients[name])
      guard Self.isUsed(name, option), Self.isOwn(name, option) else { continue }
      let slopes = try problem.slopes(name, own)
      let error = Self.error(own, slopes)
      #expect(error < Self.tolerance, "\(name): \(error)")
      for mutant in Self.mutants(own, shape: parameter.shape) {
        #expect(Self.error(mutant.gradient, slopes) > Self.tolerance, "\(name), \(mutant.name)")
      }
      // A number that one half alone makes is right in it.
      #expect(dropped.contains { Self.error($0[name] ?? [], slopes) > Self.tolerance }, "\(name), dropped")
      checked += 1
    }
    #expect(checked >= (option.dropout > 0 ? 17 : 30))
  }

  /// The definition is that of the network: its embeddings are the model's.
  @Test(arguments: GradientTests.options) func definitionIsTheNetworks(option: GradientTests.Option) throws {
    let problem = try Problem(option)
    let size = InMemoryTensors.embedding
    let model = problem.model
    var found = [Float](repeating: 0, count: size)
    var frames = [Float](repeating: 0, count: model.model.frameRowsPerVideo * size)
    try problem.pixels.withUnsafeBufferPointer {
      try model.model.encodeFrames(
        PixelFrames(try #require($0.baseAddress)), count: Self.frames, to: &frames)
    }
    try model.join(frames, videos: 1, seed: { _ in problem.seed }, to: &found)
    let expected = problem.definition.joined(problem.definition.frameEmbeddings(problem.pixels))
    #expect(zip(found, expected).allSatisfy { abs(Double($0) - $1) < 1e-4 })
    let ids = problem.texts[0]
    let row = ids.map(Int32.init) + [Int32](repeating: 0, count: InMemoryTensors.context - ids.count)
    try model.model.encode(tokens: row, rows: 1, to: &found)
    let text = problem.definition.textEmbedding(ids)
    #expect(zip(found, text).allSatisfy { abs(Double($0) - $1) < 1e-4 })
  }
}
