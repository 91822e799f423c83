import System
import Glibc
import Numerics
import Testing

@testable import Model

/// X-CLIP: message tokens, the MIT head, and texts that a video moves. Properties that hold for any weights; the numbers of
/// its own programs are for the fixtures to show.
struct VideoPromptsTests {
  private static let (frames, videos, size) = (3, 5, InMemoryTensors.embedding)
  /// A row: the embedding, and four patches of as many numbers.
  private static let videoSize = 5 * size

  private static let declared = {
    var declared = DeclaredOptions()
    (declared.integrationHeads, declared.promptHeads) = (3, 2)
    return declared
  }()

  private static func tensors() -> InMemoryTensors {
    var tensors = InMemoryTensors.clip()
    tensors.addXCLIP(frames: frames)
    return tensors
  }

  private static func model(
    _ tensors: InMemoryTensors = tensors(), threads: Int = 2, precision: Precision = .fp32,
    options: (inout LoadOptions) -> Void = { _ in }
  ) throws -> ActionCLIP {
    var own = LoadOptions(threads: threads, precision: precision)
    options(&own)
    return try ActionCLIP(tensors, options: own, declared: declared, declaresOptions: false)
  }

  private static func failure(
    _ tensors: InMemoryTensors = tensors(), _ options: (inout LoadOptions) -> Void = { _ in }
  ) -> Failure? {
    do { _ = try model(tensors, options: options) } catch { return error as? Failure }
    return nil
  }

  private static func numbers(_ count: Int, _ seed: Int) -> [Float] {
    (0..<count).map { Float((($0 + seed) &* 7919) % 512) / 256 - 1 }
  }

  private static let pixels = numbers(videos * frames * 192, 0)

  private static func encode(_ model: ActionCLIP, _ pixels: [Float], videos: Int) throws -> [Float] {
    var rows = [Float](repeating: 0, count: videos * model.videoSize)
    try model.encode(WrittenFrames(pixels), videos: videos, videoOut: &rows, frameOut: nil)
    return rows
  }

  @Test func theFileSaysWhatTheModelIs() throws {
    let c = try Self.model().configuration
    #expect(c.hasMessages && c.promptLayers == 2 && c.integrationHeads == 3 && c.promptHeads == 2)
    #expect(c.head.name == "MIT" && c.frames == Self.frames)
    #expect(c.contextSize == 4 * Self.size && c.videoSize == Self.videoSize)
    #expect(try !Self.model().framesAreIndependent)
  }

  @Test(arguments: Precision.allCases)
  func aVideoHasTheSameBitsAloneAndInABatch(precision: Precision) throws {
    let together = try Self.encode(Self.model(precision: precision), Self.pixels, videos: Self.videos)
    for threads in [1, 3, 8] {
      let model = try Self.model(threads: threads, precision: precision)
      #expect(try Self.encode(model, Self.pixels, videos: Self.videos) == together, "\(threads) threads")
    }
    let (model, each) = (try Self.model(precision: precision), Self.frames * 192)
    for video in 0..<Self.videos {
      let own = Array(Self.pixels[video * each..<(video + 1) * each])
      #expect(
        try Self.encode(model, own, videos: 1)
          == Array(together[video * Self.videoSize..<(video + 1) * Self.videoSize]))
    }
  }

  /// The embeddings of a batch are those of frames joined later, for which no context is computed.
  @Test(arguments: Precision.allCases)
  func framesJoinedLaterGiveTheSameEmbedding(precision: Precision) throws {
    let model = try Self.model(precision: precision)
    let rows = try Self.encode(model, Self.pixels, videos: Self.videos)
    var frames = [Float](repeating: 0, count: Self.videos * Self.frames * Self.size)
    try model.encodeFrames(WrittenFrames(Self.pixels), count: Self.videos * Self.frames, to: &frames)
    var joined = [Float](repeating: 0, count: Self.videos * Self.size)
    try model.join(frames, videos: Self.videos, to: &joined)
    for video in 0..<Self.videos {
      let start = video * Self.videoSize
      #expect(
        Array(rows[start..<start + Self.size])
          == Array(joined[video * Self.size..<(video + 1) * Self.size]))
    }
  }

  @Test func theFramesOfAVideoSeeEachOther() throws {
    let model = try Self.model()
    var changed = Self.pixels
    for i in 2 * 192..<3 * 192 { changed[i] = -changed[i] }
    var (before, after) = (
      [Float](repeating: 0, count: Self.frames * Self.size),
      [Float](repeating: 0, count: Self.frames * Self.size)
    )
    try model.encodeFrames(WrittenFrames(Self.pixels), count: Self.frames, to: &before)
    try model.encodeFrames(WrittenFrames(changed), count: Self.frames, to: &after)
    #expect(before.prefix(Self.size) != after.prefix(Self.size), "frame 0 hears of frame 2")
  }

  /// More texts than are moved together, each with the bits that it has alone, in any batch of videos.
  @Test(arguments: Precision.allCases)
  func aTextIsMovedByItsVideoAlone(precision: Precision) throws {
    let model = try Self.model(precision: precision)
    let rows = try Self.encode(model, Self.pixels, videos: Self.videos)
    let count = 1100
    let texts = Self.numbers(count * Self.size, 3)
    var all = [Float](repeating: 0, count: Self.videos * count)
    try model.similarity(rows, Self.videos, texts, count, scale: 100, to: &all)
    for (video, text) in [(0, 0), (1, 511), (2, 512), (4, 1099), (3, 700)] {
      var one: Float = 0
      let row = Array(rows[video * Self.videoSize..<(video + 1) * Self.videoSize])
      let own = Array(texts[text * Self.size..<(text + 1) * Self.size])
      try model.similarity(row, 1, own, 1, scale: 100, to: &one)
      #expect(one == all[video * count + text])
    }
    let plain = try Self.plainLogits(rows, texts, count)
    #expect(zip(plain, all).contains { abs($0 - $1) > 1 }, "texts are moved")
  }

  private static func plainLogits(_ rows: [Float], _ texts: [Float], _ count: Int) throws -> [Float] {
    let embeddings = (0..<videos).flatMap { rows[$0 * videoSize..<$0 * videoSize + size] }
    var out = [Float](repeating: 0, count: videos * count)
    try Similarity.logits(embeddings, videos, texts, count, size: size, scale: 100, to: &out)
    return out
  }

  /// Without alpha nothing is added to a text.
  @Test func withoutAlphaTextsStayAsTheyAre() throws {
    var tensors = Self.tensors()
    tensors.tensors["prompts_generator.alpha"] = ([Self.size], [Float](repeating: 0, count: Self.size))
    let model = try Self.model(tensors)
    let rows = try Self.encode(model, Self.pixels, videos: Self.videos)
    let texts = Self.numbers(7 * Self.size, 3)
    var logits = [Float](repeating: 0, count: Self.videos * 7)
    try model.similarity(rows, Self.videos, texts, 7, scale: 100, to: &logits)
    #expect(try Self.plainLogits(rows, texts, 7) == logits)
  }

  /// Probabilities are the softmax of what `similarity` gives, averaged over templates.
  @Test func probabilitiesFollowFromSimilarity() throws {
    let model = try Self.model()
    let rows = try Self.encode(model, Self.pixels, videos: Self.videos)
    let (templates, classes) = (2, 3)
    let texts = Self.numbers(templates * classes * Self.size, 5)
    var logits = [Float](repeating: 0, count: Self.videos * templates * classes)
    try model.similarity(rows, Self.videos, texts, templates * classes, scale: 10, to: &logits)
    var found = [Float](repeating: 0, count: Self.videos * classes)
    try model.scoring.probabilities(
      rows, Self.videos, texts, templates: templates, classes: classes, scale: 10, weights: nil, to: &found)
    for video in 0..<Self.videos {
      var expected = [Double](repeating: 0, count: classes)
      for template in 0..<templates {
        let own = (0..<classes).map { Double(logits[(video * templates + template) * classes + $0]) }
        let exponents = own.map { exp($0 - own[0]) }
        let sum = exponents.reduce(0, +)
        for i in 0..<classes { expected[i] += exponents[i] / sum / Double(templates) }
      }
      for i in 0..<classes { #expect(abs(Double(found[video * classes + i]) - expected[i]) < 1e-6) }
    }
  }

  @Test func aPartThatIsMissingIsNamed() {
    for (prefix, name) in [
      ("visual.transformer.resblocks.0.message_", "visual.transformer.resblocks.0.message_fc.weight"),
      ("mit.", "mit.positional_embedding"), ("prompts_generator.", "prompts_generator.alpha"),
    ] {
      var tensors = Self.tensors()
      for own in tensors.names where own.hasPrefix(prefix) { tensors.tensors[own] = nil }
      let failure = Self.failure(tensors)
      #expect(failure?.kind == .missingTensor && failure?.message.contains("'\(name)'") == true)
    }
  }

  @Test func otherWaysForFramesToSeeEachOtherAreRefused() {
    var joint = Self.tensors()
    joint.add("visual.time_embedding", [Self.frames, 64])
    for (failure, what) in [
      (Self.failure(joint), "joint"), (Self.failure { $0.temporalShift = .twoSided }, "temporal shift"),
      (Self.failure { $0.temporalView = 1 }, "temporal view"),
    ] {
      #expect(failure?.kind == .optionConflict && failure?.message.contains(what) == true)
    }
    #expect(Self.failure { $0.head = .meanP }?.kind == .optionConflict)
    #expect(Self.failure { $0.frames = Self.frames + 1 }?.kind == .optionConflict)
  }

  @Test func wrongHeadsAndNumbersAreRefused() throws {
    for heads in [0, 5, 24] {
      var declared = Self.declared
      declared.promptHeads = heads
      #expect(throws: Failure.self) {
        try ActionCLIP(Self.tensors(), options: LoadOptions(), declared: declared, declaresOptions: false)
      }
    }
    let model = try Self.model()
    var rows = try Self.encode(model, Self.pixels, videos: Self.videos)
    rows[2 * Self.videoSize - 1] = .nan
    let texts = Self.numbers(Self.size, 3)
    var out = [Float](repeating: 7, count: Self.videos)
    #expect(throws: Failure.self) { try model.similarity(rows, Self.videos, texts, 1, scale: 1, to: &out) }
    #expect(out.allSatisfy { $0 == 7 })
  }

  @Test func itIsNotTrained() throws {
    let model = try Self.model()
    #expect(throws: Failure.self) { try TrainableModel(model) { _ in true } }
  }
}
