import Glibc
import Numerics
import System
import Testing
import Weights

@testable import Model

/// Weights with the statistics of trained CLIPs, which cost int8 more than random ones: LayerNorm gains that differ by
/// an order of magnitude, outputs of different scales, heavy tails, and, where they are asked for, channels of the
/// residual stream far above the rest. `scripts/trained_statistics.py` makes such weights in CLIP's sizes.
private struct TrainedStatistics {
  static let (width, layers) = (256, 3)
  private(set) var tensors = InMemoryTensors()
  private var random: Random

  init(hotChannels: Int) {
    random = Random(state: 0x9E37_79B9_7F4A_7C15)
    let (width, embedding) = (Self.width, 64)
    let hot = (0..<hotChannels).map { 17 + 45 * $0 }
    matrix("visual.conv1.weight", [width, 3, 4, 4], spread: 0.1)
    add("visual.class_embedding", [width]) { 0.1 * $0.normal() }
    add("visual.positional_embedding", [5, width]) { 0.1 * $0.normal() }
    norm("visual.ln_pre", hot: hot, bias: 20)
    add("token_embedding.weight", [50, width]) { 0.02 * $0.normal() }
    add("positional_embedding", [InMemoryTensors.context, width]) { 0.01 * $0.normal() }
    for i in 0..<InMemoryTensors.context {
      for channel in hot { set("positional_embedding", i * width + channel, 0.8) }
    }
    for encoder in ["visual.transformer.", "transformer."] {
      for layer in 0..<Self.layers { block("\(encoder)resblocks.\(layer).", hot: layer == 1 ? hot : []) }
    }
    for last in ["visual.ln_post", "ln_final"] {
      norm(last)
      // Trained models have learned to ignore the large channels in the end.
      for channel in hot { for part in [".weight", ".bias"] { set(last + part, channel, 0.01) } }
    }
    for projection in ["visual.proj", "text_projection"] {
      matrix(projection, [width, embedding], spread: 0.1)
    }
    tensors.tensors["logit_scale"] = ([], [4.6052])
  }

  /// The same weights with the blocks' matrices in int8 as files before rotation have them: each row's own numbers.
  func inPlainInt8() -> InMemoryTensors {
    var plain = tensors
    for (name, tensor) in tensors.tensors where name.contains("resblocks") && tensor.shape.count == 2 {
      var (values, scales) = (tensor.values, [Float]())
      let inputs = tensor.shape[1]
      for row in stride(from: 0, to: values.count, by: inputs) {
        let scale = values[row..<row + inputs].reduce(0) { max($0, abs($1)) } / 127
        for i in row..<row + inputs { values[i] = (values[i] / scale).rounded(.toNearestOrEven) }
        scales.append(scale)
      }
      plain.tensors[name] = (tensor.shape, values)
      plain.elementTypes[name] = .i8
      plain.tensors[name + ".scale"] = ([scales.count], scales)
    }
    return plain
  }

  private mutating func block(_ prefix: String, hot: [Int]) {
    let (width, out) = (Self.width, 1 / (2 * Float(Self.layers) * Float(Self.width)).squareRoot())
    norm(prefix + "ln_1")
    norm(prefix + "ln_2")
    matrix(prefix + "attn.in_proj_weight", [3 * width, width], spread: 0.07)
    matrix(prefix + "attn.out_proj.weight", [width, width], spread: out)
    matrix(prefix + "mlp.c_fc.weight", [4 * width, width], spread: 0.06)
    matrix(prefix + "mlp.c_proj.weight", [width, 4 * width], spread: out)
    add(prefix + "attn.in_proj_bias", [3 * width]) { 0.2 * $0.normal() }
    add(prefix + "attn.out_proj.bias", [width]) { 0.05 * $0.normal() }
    add(prefix + "mlp.c_fc.bias", [4 * width]) { 0.2 * $0.normal() - 0.2 }
    add(prefix + "mlp.c_proj.bias", [width]) { 0.05 * $0.normal() }
    for channel in hot { set(prefix + "mlp.c_proj.bias", channel, 12) }
  }

  private mutating func norm(_ name: String, hot: [Int] = [], bias: Float = 0) {
    add(name + ".weight", [Self.width]) { Float(exp(0.6 * Double($0.normal()))) }
    add(name + ".bias", [Self.width]) { 0.3 * $0.normal() }
    for channel in hot { set(name + ".bias", channel, bias) }
  }

  /// Rows of different scales with tails that are heavier than a normal distribution's.
  private mutating func matrix(_ name: String, _ shape: [Int], spread: Float) {
    let inputs = shape.dropFirst().reduce(1, *)
    var (row, scale) = (0, Float(1))
    add(name, shape) {
      if row % inputs == 0 { scale = spread * Float(exp(0.3 * Double($0.normal()))) }
      row += 1
      return scale * $0.normal() * (1 + 0.5 * abs($0.normal()))
    }
  }

  private mutating func add(_ name: String, _ shape: [Int], _ value: (inout Random) -> Float) {
    tensors.tensors[name] = (shape, (0..<shape.reduce(1, *)).map { _ in value(&random) })
  }

  private mutating func set(_ name: String, _ index: Int, _ value: Float) {
    tensors.tensors[name]?.values[index] = value
  }

  /// Numbers of mean 0 and deviation 1, nearly normal: sums of four uniform ones.
  struct Random {
    var state: UInt64

    mutating func normal() -> Float {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      let high = state ^ (state >> 29)
      let pairs = (high & 0x0000_FFFF_0000_FFFF) &+ (high >> 16 & 0x0000_FFFF_0000_FFFF)
      let sum = (pairs & 0xFFFF_FFFF) &+ pairs >> 32
      return (Float(sum) / 65536 - 2) * 1.7320508
    }
  }
}

/// int8 keeps directions on weights as trained ones are, better than rows that are rounded as they are.
struct TrainedStatisticsTests {
  private static let (frames, prompts) = (6, 30)

  private func embeddings(_ tensors: InMemoryTensors, _ precision: Precision) throws -> [[[Float]]] {
    let model = try ActionCLIP(
      tensors, options: LoadOptions(frames: Self.frames, threads: 2, precision: precision),
      declaresOptions: false)
    let size = model.configuration.embeddingSize
    var (video, frames) = (
      [Float](repeating: 0, count: size), [Float](repeating: 0, count: Self.frames * size)
    )
    let pixels = (0..<Self.frames * 192).map { Float(($0 &* 7919) % 512) / 256 - 1 }
    try pixels.withUnsafeBufferPointer {
      try model.encode(
        PixelFrames(try #require($0.baseAddress)), videos: 1, videoOut: &video, frameOut: &frames)
    }
    var texts = [Float](repeating: 0, count: Self.prompts * size)
    var tokens: [Int32] = []
    for prompt in 0..<Self.prompts {
      for place in 0..<InMemoryTensors.context {
        tokens.append(place == 9 ? 49 : Int32((prompt * 13 + place * (prompt + 3)) % 48))
      }
    }
    try model.encode(tokens: tokens, rows: Self.prompts, to: &texts)
    func rows(_ all: [Float]) -> [[Float]] {
      stride(from: 0, to: all.count, by: size).map { Array(all[$0..<$0 + size]) }
    }
    return [rows(frames), rows(texts)]
  }

  /// Mean of 1 - cosine.
  private func loss(_ a: [[Float]], _ b: [[Float]]) -> Double {
    func dot(_ x: [Float], _ y: [Float]) -> Double {
      zip(x, y).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }
    let losses = zip(a, b).map { 1 - dot($0, $1) / (dot($0, $0) * dot($1, $1)).squareRoot() }
    return losses.reduce(0, +) / Double(losses.count)
  }

  @Test(arguments: [0, 3]) func int8LosesLittle(hotChannels: Int) throws {
    let weights = TrainedStatistics(hotChannels: hotChannels)
    let exact = try embeddings(weights.tensors, .fp32)
    let rounded = try embeddings(weights.tensors, .int8)
    let plain = try embeddings(weights.inPlainInt8(), .int8)
    for (index, name) in ["frames", "texts"].enumerated() {
      let (loss, before) = (loss(exact[index], rounded[index]), loss(exact[index], plain[index]))
      #expect(
        loss < 6e-4 && loss < 0.75 * before, "\(name): \(loss), \(before) where rows are rounded as they are")
    }
  }
}
