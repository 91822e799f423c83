import Foundation
import Numerics
import System
import Testing
import Weights

@testable import Model

/// Gradients of whole models: of a loss that combines all embeddings with random factors, for every temporal option. The
/// derivative of the loss along a parameter's gradient is the gradient's length.
struct GradientTests {
  struct Option: Sendable, CustomTestStringConvertible {
    let name: String
    var head = TemporalHeadKind.meanP
    var shift = ShiftForm.off
    var isJoint = false
    var activation = EncoderActivation.quickGELU
    var hasContext = false
    var dropout = 0.0  // in the head
    var scoresFrames = false

    /// Options of the model's file.
    var declared: DeclaredOptions {
      var declared = DeclaredOptions()
      declared.scoresFrames = scoresFrames
      return declared
    }

    var testDescription: String { name }

    func tensors(frames: Int) -> InMemoryTensors {
      var t = InMemoryTensors.clip(infix: shift == .off ? "" : "net.")
      if head == .conv1D { t.addConv1D() }
      if head == .lstm { t.addLSTM() }
      if head == .transf { t.addTransf() }
      if head == .transfCls { t.addTransfCls(frames: frames) }
      if isJoint { t.add("visual.time_embedding", [frames, InMemoryTensors.width]) }
      if hasContext { t.add("prompt.context", [2, InMemoryTensors.textWidth]) }
      return t
    }
  }

  static let options = [
    Option(name: "MeanP"), Option(name: "Conv_1D", head: .conv1D), Option(name: "LSTM", head: .lstm),
    Option(name: "Transf", head: .transf), Option(name: "Transf_cls", head: .transfCls),
    Option(name: "shift", shift: .twoSided), Option(name: "causal shift", shift: .causal),
    Option(name: "joint", isJoint: true), Option(name: "GELU", activation: .gelu),
    Option(name: "context vectors", hasContext: true),
    Option(name: "Transf_cls, dropout", head: .transfCls, dropout: 0.3),
    Option(name: "frames that score", scoresFrames: true),
  ]

  /// A model, a video and two texts of different lengths, and the loss over their embeddings.
  private struct Problem {
    let frames, texts: Int
    let model: TrainableModel
    let pixels: [Float]
    let tokens: [Int32]
    let factors: [Float]  // of the video's embedding and the texts'
    let seed: UInt64  // of what the head drops

    init(
      _ option: Option, frames: Int = 3, texts: Int = 2, threads: Int = 2, seed: UInt64 = 5,
      isTrained: (String) -> Bool = { _ in true }
    ) throws {
      (self.frames, self.texts, self.seed) = (frames, texts, seed)
      let loaded = try ActionCLIP(
        option.tensors(frames: frames),
        options: LoadOptions(
          joint: option.isJoint, temporalShift: option.shift, head: option.isJoint ? nil : option.head,
          frames: frames, threads: threads, activation: option.activation),
        declared: option.declared, declaresOptions: false)
      model = try TrainableModel(loaded, headDropout: option.dropout, isTrained: isTrained)
      let size = InMemoryTensors.embedding
      pixels = (0..<frames * 192).map { sin(Float($0) * 0.37) }
      // Long and short texts, by turns; both context vectors stand in the long ones, and one of them in the short ones.
      let (first, second): (Int32, Int32) = option.hasContext ? (-1, -2) : (7, 7)
      tokens = (0..<texts).flatMap { text -> [Int32] in
        let (word, rest) = (Int32(text / 2 % 30), [Int32](repeating: 0, count: 7))
        return text % 2 == 0
          ? [48, first, second, 3 + word, 49] + rest : [48, second, 9 + word, 49, 0] + rest
      }
      factors = (0..<(1 + texts) * size).map { cos(Float($0 * $0 % 997) * 0.11) }
    }

    private var size: Int { InMemoryTensors.embedding }

    /// The video's embedding, as training has it.
    func video() throws -> [Float] {
      var video = [Float](repeating: 0, count: size)
      var frames = [Float](repeating: 0, count: model.model.frameRowsPerVideo * size)
      try pixels.withUnsafeBufferPointer {
        let source = PixelFrames(try #require($0.baseAddress))
        try model.model.encodeFrames(source, count: self.frames, to: &frames)
      }
      try model.join(frames, videos: 1, seed: { _ in seed }, to: &video)
      return video
    }

    func loss() throws -> Double {
      let video = try video()
      var texts = [Float](repeating: 0, count: texts * size)
      try model.model.encode(tokens: tokens, rows: self.texts, to: &texts)
      return zip(video + texts, factors).reduce(0) { $0 + Double($1.0) * Double($1.1) }
    }

    /// Every trained parameter's gradient.
    func gradients(keepsActivations: Bool = false) throws -> [[Float]] {
      model.keepsActivations = keepsActivations
      model.clearGradients()
      try model.addVideoGradient(pixels, seed: seed, gradient: factors)
      try model.addTextGradients(tokens: tokens, count: texts, gradient: Array(factors[size...]))
      return model.parameters.map { parameter in
        (0..<parameter.gradient.count).map { parameter.gradient[$0] }
      }
    }

    /// The loss's derivative along `direction`, a parameter's gradient, over the length of that; 1 where it is right.
    func slope(_ parameter: TrainableParameter, along direction: [Float]) throws -> Double {
      let length = direction.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      let before = (0..<parameter.value.count).map { parameter.value[$0] }
      let size = before.reduce(0) { $0 + Double($1) * Double($1) }.squareRoot()
      // Large enough to be seen in fp32, small enough for curvature to cancel.
      let step = 0.004 * max(size, 0.1)
      func loss(_ sign: Double) throws -> Double {
        for i in before.indices {
          parameter.value.base[i] = before[i] + Float(sign * step * Double(direction[i]) / length)
        }
        model.publish()
        return try self.loss()
      }
      let difference = try loss(1) - loss(-1)
      for i in before.indices { parameter.value.base[i] = before[i] }
      model.publish()
      return difference / (2 * step * length)
    }
  }

  private static func isUsed(_ name: String) -> Bool {
    name != "logit_scale" && name != "fusion.frame_position_embeddings.weight"
  }

  @Test(arguments: options) func lossesChangeAlongGradients(option: Option) throws {
    let problem = try Problem(option)
    let gradients = try problem.gradients()
    var checked = 0
    for (parameter, gradient) in zip(problem.model.parameters, gradients) {
      let isZero = gradient.allSatisfy { $0 == 0 }
      #expect(!isZero || !Self.isUsed(parameter.name), "\(parameter.name)")
      guard !isZero else { continue }
      let slope = try problem.slope(parameter, along: gradient)
      #expect(abs(slope - 1) < 0.02, "\(parameter.name): \(slope)")
      checked += 1
    }
    #expect(checked >= 40)
  }

  /// The seed alone decides which numbers a head drops, whatever the number of threads. With a share of 0, and in other
  /// heads, nothing is dropped.
  @Test func droppedNumbersFollowFromTheSeed() throws {
    var option = try #require(Self.options.first { $0.dropout > 0 })
    let problem = try Problem(option)
    let gradients = try problem.gradients()
    #expect(try Problem(option, threads: 3).gradients() == gradients)
    #expect(try Problem(option, seed: 6).gradients() != gradients)
    #expect(try Problem(option, seed: 6).video() != problem.video())
    option.dropout = 0
    #expect(try Problem(option).gradients() == Problem(option, seed: 6).gradients())
    var mean = Self.options[0]
    let none = try Problem(mean).gradients()
    mean.dropout = 0.3
    #expect(try Problem(mean, seed: 6).gradients() == none)
  }

  /// The share that is dropped is the one that was asked for, the rest makes up for it, and places draw each for itself.
  @Test(arguments: [0.1, 0.5]) func dropoutKeepsTheMean(rate: Double) {
    func drawn(_ seed: UInt64, _ layer: Int, _ place: HeadDropout.Place) -> [Float] {
      var factors = HeadDropout(rate: rate, seed: seed).factors(layer: layer, place)
      return (0..<20_000).map { _ in factors.next() }
    }
    let first = drawn(1, 0, .weights)
    #expect(Set(first) == [0, Float(1 / (1 - rate))])
    #expect(abs(first.reduce(0, +) / 20_000 - 1) < 0.03)
    #expect(drawn(1, 0, .weights) == first)
    for other in [drawn(2, 0, .weights), drawn(1, 1, .weights), drawn(1, 0, .hidden)] {
      let both = zip(first, other).count { $0 == 0 && $1 == 0 }
      #expect(abs(Double(both) / 20_000 - rate * rate) < 0.01)
    }
  }

  /// Wrong gradients are found by the same test.
  @Test func lossesDoNotChangeSoAlongWrongGradients() throws {
    let problem = try Problem(Self.options[0])
    let right = try problem.gradients()
    func slope(_ name: String, _ change: (inout [Float]) -> Void) throws -> Double {
      let index = try #require(problem.model.parameters.firstIndex { $0.name == name })
      var gradient = right[index]
      change(&gradient)
      return try problem.slope(problem.model.parameters[index], along: gradient)
    }
    let name = "transformer.resblocks.0.attn.out_proj.weight"
    #expect(abs(try slope(name) { _ in } - 1) < 0.02)
    #expect(abs(try slope(name) { for i in $0.indices { $0[i] *= 1.05 } } - 1) > 0.02)
    let width = InMemoryTensors.textWidth
    let transposed = try slope(name) { gradient in
      let own = gradient
      for i in own.indices { gradient[i] = own[i % width * width + i / width] }
    }
    #expect(abs(transposed - 1) > 0.02)
    // Without the second text.
    problem.model.clearGradients()
    try problem.model.addTextGradients(
      tokens: problem.tokens, count: 1, gradient: Array(problem.factors[InMemoryTensors.embedding...]))
    let parameter = try #require(problem.model.parameter(name))
    let dropped = (0..<parameter.gradient.count).map { parameter.gradient[$0] }
    #expect(abs(try slope(name) { $0 = dropped } - 1) > 0.02)
  }

  /// Activations that are kept and those that are computed again give the same bits, and so does any number of threads.
  @Test(arguments: options) func memoryAndThreadsDoNotChangeBits(option: Option) throws {
    func bits(threads: Int, keepsActivations: Bool = false) throws -> [[UInt32]] {
      try Problem(option, threads: threads).gradients(keepsActivations: keepsActivations).map {
        $0.map(\.bitPattern)
      }
    }
    let one = try bits(threads: 1)
    #expect(try bits(threads: 2) == one)
    #expect(try bits(threads: 3, keepsActivations: true) == one)
  }

  /// Training some parameters gives them the gradients that they have when all are trained.
  @Test(arguments: [
    ["visual.transformer.resblocks.1.", "text_projection"],
    ["visual.ln_post.", "visual.proj", "transformer.resblocks.1.mlp."],
    ["visual.transformer.resblocks.0.ln_1.", "ln_final."], ["fusion."], ["visual.positional_embedding"],
    ["positional_embedding", "visual.transformer.resblocks.1.attn.in_proj_bias"], ["prompt.context"],
  ])
  func someParametersHaveTheGradientsOfAll(prefixes: [String]) throws {
    let option = Option(
      name: "Transf with shift and context vectors", head: .transf, shift: .twoSided, hasContext: true)
    let (all, some) = (
      try Problem(option),
      try Problem(option) { name in
        prefixes.contains { name.replacingOccurrences(of: ".net.", with: ".").hasPrefix($0) }
      }
    )
    let expected = Dictionary(
      uniqueKeysWithValues: zip(all.model.parameters.map(\.name), try all.gradients()))
    let gradients = try some.gradients()
    #expect(!gradients.isEmpty && gradients.count < expected.count)
    for (parameter, gradient) in zip(some.model.parameters, gradients) {
      #expect(expected[parameter.name] == gradient, "\(parameter.name)")
    }
    #expect(some.model.memory(prompts: 2).video <= all.model.memory(prompts: 2).video)
  }

  @Test(arguments: [false, true]) func shiftedGradientsGoBackToWhereNumbersCameFrom(isCausal: Bool) {
    let (frames, tokens, width) = (3, 3, 24)
    let shift = TemporalShift(frames: frames, tokens: tokens, width: width, isCausal: isCausal)
    let pool = ThreadPool(threads: 2)
    // Whole numbers, whose products and sums are exact.
    var x = (0..<frames * tokens * width).map { Float($0 * 7 % 31) }
    var y = (0..<frames * tokens * width).map { Float($0 * 5 % 29) }
    let (before, gradient) = (x, y)
    x.withUnsafeMutableBufferPointer {
      if let start = $0.baseAddress { shift.apply(start, videos: 1, pool: pool) }
    }
    y.withUnsafeMutableBufferPointer {
      if let start = $0.baseAddress {
        shift.applyAdjoint(FloatRows(start, stride: width), videos: 1, pool: pool)
      }
    }
    func product(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
    #expect(product(x, gradient) == product(before, y))
    #expect(y != gradient)
  }

  @Test func refusesModelsThatCannotBeTrained() throws {
    let rounded = try ActionCLIP(
      InMemoryTensors.clip(), options: LoadOptions(frames: 3, precision: .int8), declaresOptions: false)
    let message = "the model is held in int8; training needs it loaded in fp32 or bf16"
    #expect(throws: Failure(.optionConflict, message)) { try TrainableModel(rounded) { _ in true } }
    let viewing = try ActionCLIP(
      InMemoryTensors.clip(), options: LoadOptions(frames: 3, temporalView: 1), declaresOptions: false)
    #expect(throws: Failure.self) { try TrainableModel(viewing) { _ in true } }
  }

  /// Long videos and many texts are computed in several runs, which together give the gradient of all.
  @Test(arguments: [options[0], options[5]]) func runsAddUp(option: Option) throws {
    // 115 frames have 575 rows of tokens, and 600 texts 2700 tokens: more than a run, and than a group.
    let problem = try Problem(option, frames: 115, texts: 600)
    let gradients = try problem.gradients()
    let kept = try problem.gradients(keepsActivations: true)
    #expect(gradients.map { $0.map(\.bitPattern) } == kept.map { $0.map(\.bitPattern) })
    var checked = 0
    for (parameter, gradient) in zip(problem.model.parameters, gradients) {
      let name = parameter.name.replacingOccurrences(of: ".net.", with: ".")
      let isChosen = [".conv1.weight", ".0.attn.in_proj_weight", ".1.mlp.c_fc.weight", ".1.ln_1.weight"]
        .contains {
          name.hasSuffix($0)
        }
      guard isChosen || parameter.name == "positional_embedding" else { continue }
      let slope = try problem.slope(parameter, along: gradient)
      #expect(abs(slope - 1) < 0.02, "\(parameter.name): \(slope)")
      checked += 1
    }
    #expect(checked == 8)
  }
}
