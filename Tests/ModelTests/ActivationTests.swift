import System
import Numerics
import Testing
import Weights

@testable import Model

/// Activation and epsilons, which no tensor tells: who may state them, and that the numbers equal the definition's,
/// computed here once more in Double.
struct ActivationTests {
  private func load(
    _ tensors: InMemoryTensors, _ options: LoadOptions = LoadOptions(frames: 3),
    _ declared: DeclaredOptions = DeclaredOptions(), reference: Bool = false
  ) throws(Failure) -> ActionCLIP {
    try ActionCLIP(tensors, options: options, declared: declared, declaresOptions: reference)
  }

  private func failure(_ options: LoadOptions, _ declared: DeclaredOptions) -> Failure? {
    do throws(Failure) {
      _ = try load(.clip(), options, declared)
      return nil
    } catch { return error }
  }

  // MARK: Who says it

  @Test func withoutAWordItIsAssumed() throws {
    let plain = try load(.clip()).configuration
    #expect(plain.activation == .quickGELU && plain.activationIsAssumed)
    #expect((plain.epsilon, plain.headEpsilon) == (1e-5, 1e-12))
    // The reference's own checkpoints have the reference's activation.
    let reference = try load(.clip(), reference: true).configuration
    #expect(reference.activation == .quickGELU && !reference.activationIsAssumed)
  }

  @Test(arguments: EncoderActivation.allCases)
  func theCallerOrTheFileSays(activation: EncoderActivation) throws {
    for (asked, declared) in [(activation, nil), (nil, activation), (activation, activation)] {
      let c = try load(
        .clip(), LoadOptions(activation: asked), DeclaredOptions(activation: declared)
      ).configuration
      #expect(c.activation == activation && !c.activationIsAssumed)
    }
  }

  @Test func aCallerThatContradictsTheFileIsRefused() {
    let error = failure(LoadOptions(activation: .gelu), DeclaredOptions(activation: .quickGELU))
    #expect(error?.kind == .optionConflict)
    #expect(
      error?.message
        == "activation GELU was asked for, but the file says QuickGELU ('actionclip.activation')")
  }

  @Test func numbersOfTheFileHaveARange() {
    for bad in [Float(0), -1, 1e-13, 0.011, .infinity, .nan] {
      for declared in [DeclaredOptions(epsilon: bad), DeclaredOptions(headEpsilon: bad)] {
        #expect(failure(LoadOptions(), declared)?.kind == .invalid, "\(bad)")
      }
    }
    for bad in [0, -1, 1025] {
      #expect(failure(LoadOptions(), DeclaredOptions(usualFrames: bad))?.kind == .invalid)
    }
  }

  @Test func usualFramesGiveWayToEveryOtherWord() throws {
    func frames(
      _ tensors: InMemoryTensors, asked: Int? = nil, declared: Int? = nil, usual: Int?
    ) throws -> Int {
      try load(
        tensors, LoadOptions(frames: asked), DeclaredOptions(frames: declared, usualFrames: usual)
      ).configuration.frames
    }
    #expect(try frames(.clip(), usual: nil) == 8)
    #expect(try frames(.clip(), usual: 4) == 4)
    #expect(try frames(.clip(), asked: 5, usual: 4) == 5)
    #expect(try frames(.clip(), declared: 6, usual: 4) == 6)
    var fixed = InMemoryTensors.clip()
    fixed.addTransfCls(frames: 7)
    #expect(try frames(fixed, usual: 4) == 7)
  }

  // MARK: The numbers

  private static let pixels = (0..<3 * 3 * 64).map { i -> Float in Float((i &* 7919) % 512) / 256 - 1 }
  private static let tokens: [Int32] = [3, 14, 7, 29, 49]

  @Test(arguments: EncoderActivation.allCases, [Float(1e-5), 1e-2])
  func textsAreThoseOfTheDefinition(activation: EncoderActivation, epsilon: Float) throws {
    let tensors = InMemoryTensors.clip()
    let model = try load(
      tensors, LoadOptions(frames: 3, activation: activation), DeclaredOptions(epsilon: epsilon))
    let length = InMemoryTensors.context
    let row = Self.tokens + [Int32](repeating: 0, count: length - Self.tokens.count)
    var found = [Float](repeating: 0, count: InMemoryTensors.embedding)
    try model.encode(tokens: row, rows: 1, to: &found)
    let definition = DoubleBlocks(
      tensors, "transformer.resblocks.", width: 64, causal: true, activation: activation,
      epsilon: Double(epsilon))
    let (words, positions) = (
      definition.values("token_embedding.weight"), definition.values("positional_embedding")
    )
    var x = Self.tokens.enumerated().map { place, id in
      (0..<64).map { words[Int(id) * 64 + $0] + positions[place * 64 + $0] }
    }
    definition.apply(&x)
    let last = definition.norm(x[Self.tokens.count - 1], "ln_final.")
    let projection = definition.values("text_projection")  // [X, E]
    let expected = (0..<found.count).map { e in
      (0..<64).reduce(0) { $0 + last[$1] * projection[$1 * found.count + e] }
    }
    check(found, expected)
  }

  /// The head's blocks are CLIP's own class: QuickGELU beside encoders with GELU, and an epsilon of its own.
  @Test(arguments: EncoderActivation.allCases, [Float(1e-12), 1e-2])
  func theTransfHeadKeepsQuickGELU(activation: EncoderActivation, epsilon: Float) throws {
    var tensors = InMemoryTensors.clip()
    tensors.addTransf()
    let model = try load(
      tensors, LoadOptions(frames: 3, activation: activation), DeclaredOptions(headEpsilon: epsilon))
    let size = InMemoryTensors.embedding
    var (video, frames) = ([Float](repeating: 0, count: size), [Float](repeating: 0, count: 3 * size))
    try Self.pixels.withUnsafeBufferPointer {
      try model.encode(
        PixelFrames(try #require($0.baseAddress)), videos: 1, videoOut: &video, frameOut: &frames)
    }
    let definition = DoubleBlocks(
      tensors, "fusion.transformer.resblocks.", width: size, causal: false, activation: .quickGELU,
      epsilon: Double(epsilon))
    let positions = definition.values("fusion.frame_position_embeddings.weight")
    var x = (0..<3).map { t in
      (0..<size).map { Double(frames[t * size + $0]) + positions[t * size + $0] }
    }
    definition.apply(&x)
    check(
      video,
      (0..<size).map { i in (0..<3).reduce(0) { $0 + x[$1][i] + Double(frames[$1 * size + i]) } / 3 })
  }

  /// The choice reaches both encoders, in every precision.
  @Test(arguments: Precision.allCases)
  func bothEncodersFollow(precision: Precision) throws {
    let row = Self.tokens + [Int32](repeating: 0, count: InMemoryTensors.context - Self.tokens.count)
    var found: [[Float]] = []
    for activation in EncoderActivation.allCases {
      let model = try load(
        .clip(), LoadOptions(frames: 3, precision: precision, activation: activation))
      var (video, text) = ([Float](repeating: 0, count: 24), [Float](repeating: 0, count: 24))
      try Self.pixels.withUnsafeBufferPointer {
        try model.encode(
          PixelFrames(try #require($0.baseAddress)), videos: 1, videoOut: &video, frameOut: nil)
      }
      try model.encode(tokens: row, rows: 1, to: &text)
      found += [video, text]
    }
    #expect(found[0] != found[2] && found[1] != found[3])
  }

  private func check(_ found: [Float], _ expected: [Double]) {
    let largest = expected.map(abs).max() ?? 0
    for (a, b) in zip(found, expected) { #expect(abs(Double(a) - b) <= 5e-6 * largest) }
  }
}
