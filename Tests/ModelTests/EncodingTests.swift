import System
import Glibc
import Numerics
import Synchronization
import Testing

@testable import Model

/// Properties of encoding that hold for any weights: parity with the reference is for the packs to show.
struct EncodingTests {
  static let frames = 3

  private func model(
    _ tensors: InMemoryTensors, threads: Int = 2, shift: Bool = false, precision: Precision = .fp32
  ) throws -> ActionCLIP {
    try ActionCLIP(
      tensors,
      options: LoadOptions(
        temporalShift: shift ? .twoSided : .off, frames: Self.frames, threads: threads, precision: precision),
      declaresOptions: false)
  }

  private func pixels(videos: Int) -> [Float] {
    (0..<videos * Self.frames * 3 * 64).map { Float(($0 &* 7919) % 512) / 256 - 1 }
  }

  private func encode(_ model: ActionCLIP, _ pixels: [Float], videos: Int) throws -> (
    video: [Float], frame: [Float]
  ) {
    let size = model.configuration.embeddingSize
    var video = [Float](repeating: 0, count: videos * size)
    var frame = [Float](repeating: 0, count: videos * model.frameRowsPerVideo * size)
    try pixels.withUnsafeBufferPointer {
      try model.encode(
        PixelFrames(try #require($0.baseAddress)), videos: videos, videoOut: &video, frameOut: &frame)
    }
    return (video, frame)
  }

  @Test(arguments: Precision.allCases, [false, true])
  func aVideoHasTheSameBitsAloneAndInABatch(precision: Precision, shift: Bool) throws {
    var tensors = InMemoryTensors.clip()
    tensors.addTransf()
    let model = try model(tensors, shift: shift, precision: precision)
    let all = pixels(videos: 5)
    let together = try encode(model, all, videos: 5).video
    for threads in [1, 3, 8] {
      let other = try self.model(tensors, threads: threads, shift: shift, precision: precision)
      #expect(try encode(other, all, videos: 5).video == together, "\(threads) threads")
    }
    let (size, perVideo) = (24, Self.frames * 3 * 64)
    for video in 0..<5 {
      let alone = try encode(model, Array(all[video * perVideo..<(video + 1) * perVideo]), videos: 1)
      #expect(alone.video == Array(together[video * size..<(video + 1) * size]))
    }
  }

  /// Prompts that begin alike share rows: their bits are those they have alone, whatever the order, with
  /// some given twice, some the beginning of others, and more of them than one group holds.
  @Test(arguments: Precision.allCases, [3, 40, 1500])
  func aPromptHasTheSameBitsAloneAndAmongOthersThatBeginAlike(precision: Precision, count: Int) throws {
    let model = try model(.clip(), precision: precision)
    let (length, size) = (InMemoryTensors.context, model.configuration.embeddingSize)
    let end = Int32(InMemoryTensors.vocabulary - 1)
    var state: UInt64 = 7
    func random(_ below: Int) -> Int {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return Int(state >> 33) % below
    }
    var rows: [[Int32]] = []
    for i in 0..<count {
      // Long beginnings in common and, now and then, a row that was there before.
      var row: [Int32] = [end - 1]
      let words = random(length - 1)
      for place in 0..<words { row.append(Int32(place + 3 < words ? place % 2 : random(4))) }
      row.append(end)
      row += [Int32](repeating: 0, count: length - row.count)
      rows.append(i % 10 == 9 ? rows[random(i)] : row)
    }
    func encode(_ rows: [[Int32]]) throws -> [Float] {
      var out = [Float](repeating: 0, count: rows.count * size)
      try model.encode(tokens: rows.flatMap { $0 }, rows: rows.count, to: &out)
      return out
    }
    let together = try encode(rows)
    for (i, row) in rows.enumerated() where i % (1 + count / 300) == 0 {
      #expect(try encode([row]) == Array(together[i * size..<(i + 1) * size]))
    }
    #expect(
      try encode(rows.reversed()) == (0..<count).reversed().flatMap { together[$0 * size..<($0 + 1) * size] })
  }

  /// The last block computes one row of each sequence: the bits of that row are those it has among
  /// all rows. Sequences of one row, many and few of them, longer than a block of queries.
  @Test(arguments: Precision.allCases, [[1, 1, 1], [1, 5, 1, 1], [7, 3, 12, 1, 2, 9], [130, 2, 201]])
  func oneWantedRowHasTheBitsItHasAmongAll(precision: Precision, lengths: [Int]) throws {
    let pool = ThreadPool(threads: 2)
    for (causal, wanted) in [(false, WantedRows.first), (true, .last)] {
      let blocks = try ResidualBlocks(
        ParameterReader(
          InMemoryTensors.clip(), compute: precision, kernels: Kernels(for: precision), pool: pool),
        "visual.transformer.resblocks.", count: 1,
        width: 64, heads: 1, causal: causal, epsilon: 1e-5, activation: .quickGELU, minimum: .int8)
      let (rows, longest) = (lengths.reduce(0, +), lengths.max() ?? 1)
      let offsets = lengths.reduce(into: [0]) { $0.append($0[$0.count - 1] + $1) }
      let start = (0..<rows * 64).map { Float(($0 &* 7919) % 512) / 256 - 1 }
      func run(_ wanted: WantedRows) throws -> [Float] {
        try offsets.withUnsafeBufferPointer { offsets in
          let sequences = Sequences(offsets: try #require(offsets.baseAddress), count: lengths.count)
          return try WorkspacePool().with { (workspace) throws(Failure) in
            try blocks.scratch(
              workspace, rows: rows, sequences: lengths.count, longest: longest, threads: 2)
          } run: { (scratch) throws(Failure) in
            var x = start
            try blocks.apply(&x, sequences, wanted: wanted, scratch, pool)
            return x
          }
        }
      }
      let (all, one) = (try run(.all), try run(wanted))
      for (sequence, length) in lengths.enumerated() {
        let row = offsets[sequence] + wanted.range(length).lowerBound
        #expect(all[row * 64..<row * 64 + 64] == one[row * 64..<row * 64 + 64])
      }
    }
  }

  /// Rounded to 8 bits of mantissa or to 255 steps, embeddings keep their direction.
  @Test(arguments: [(Precision.bf16, Float(0.9995)), (.int8, 0.995)], [false, true])
  func lowerPrecisionsAreNear(precision: (Precision, Float), shift: Bool) throws {
    func cosine(_ a: [Float], _ b: [Float]) -> Float {
      func dot(_ a: [Float], _ b: [Float]) -> Float { zip(a, b).reduce(0) { $0 + $1.0 * $1.1 } }
      return dot(a, b) / (dot(a, a) * dot(b, b)).squareRoot()
    }
    var tensors = InMemoryTensors.clip()
    tensors.addTransf()
    let exact = try model(tensors, shift: shift)
    let rounded = try model(tensors, shift: shift, precision: precision.0)
    #expect(rounded.precision == precision.0)
    let pixels = pixels(videos: 1)
    let (a, b) = try (encode(exact, pixels, videos: 1).video, encode(rounded, pixels, videos: 1).video)
    #expect(a != b && cosine(a, b) > precision.1)
    let tokens: [Int32] = [3, 2, 1, 0, 9] + [Int32](repeating: 0, count: InMemoryTensors.context - 5)
    let texts = try [exact, rounded].map { try text($0, [tokens])[0] }
    #expect(texts[0] != texts[1] && cosine(texts[0], texts[1]) > precision.1)
  }

  @Test func meanPIsTheMeanOfTheFrames() throws {
    let (video, frame) = try encode(try model(.clip()), pixels(videos: 1), videos: 1)
    for i in 0..<24 {
      let mean = (frame[i] + frame[24 + i] + frame[48 + i]) / 3
      #expect(abs(video[i] - mean) < 1e-6)
    }
  }

  @Test func withoutShiftFramesDoNotSeeEachOtherAndWithItTheyDo() throws {
    var changed = pixels(videos: 1)
    for i in 2 * 192..<3 * 192 { changed[i] = -changed[i] }
    for shift in [false, true] {
      let model = try model(.clip(), shift: shift)
      let a = try encode(model, pixels(videos: 1), videos: 1).frame
      let b = try encode(model, changed, videos: 1).frame
      #expect(a[48..<72] != b[48..<72])
      #expect((a[0..<48] == b[0..<48]) == !shift)
    }
  }

  @Test func writtenFramesEqualPixels() throws {
    let model = try model(.clip())
    let all = pixels(videos: 4)
    let expected = try encode(model, all, videos: 4).video
    var video = [Float](repeating: 0, count: 4 * 24)
    let source = WrittenFrames(all)
    try model.encode(source, videos: 4, videoOut: &video, frameOut: nil)
    #expect(video == expected)
    #expect(source.calls.load(ordering: .relaxed) == 12)
  }

  @Test("Frames that come one by one, or two at a time, or not at all") func framesThatArrive() throws {
    for shift in [false, true] {
      let model = try model(.clip(), shift: shift)
      let all = pixels(videos: 2)
      let expected = try encode(model, all, videos: 2).video
      #expect(model.framesAreIndependent == !shift)
      for step in [1, 2, 6] {
        var video = [Float](repeating: 0, count: 2 * 24)
        try all.withUnsafeBufferPointer { all in
          let arrivals = ArrivingFrames(all.baseAddress!)
          let maker = BackgroundThread {
            for count in stride(from: step, through: 6, by: step) {
              usleep(2000)
              arrivals.arrive(upTo: count)
            }
          }
          try model.encode(arrivals, videos: 2, videoOut: &video, frameOut: nil)
          maker?.join()
        }
        #expect(video == expected)
      }
      // Stopped after a frame.
      var video = [Float](repeating: 42, count: 24)
      all.withUnsafeBufferPointer { all in
        let arrivals = ArrivingFrames(all.baseAddress!)
        arrivals.arrive(upTo: 1)
        let maker = BackgroundThread {
          usleep(2000)
          arrivals.fail(Failure(.invalidArgument, "no more frames"))
        }
        let error = #expect(throws: Failure.self) {
          try model.encode(arrivals, videos: 1, videoOut: &video, frameOut: nil)
        }
        #expect(error == Failure(.invalidArgument, "no more frames"))
        maker?.join()
      }
      #expect(video.allSatisfy { $0 == 42 })
    }
  }

  @Test func aSourceThatFailsEndsTheCallWithItsErrorAndLeavesOutputsAlone() throws {
    let model = try model(.clip())
    var video = [Float](repeating: 42, count: 24)
    let error = #expect(throws: Failure.self) {
      try model.encode(FailingFrames(), videos: 1, videoOut: &video, frameOut: nil)
    }
    #expect(error == FailingFrames.error)
    #expect(video.allSatisfy { $0 == 42 })
  }

  @Test func numbersThatAreNotAreRefused() throws {
    let model = try model(.clip())
    for bad in [Float.nan, .infinity] {
      var input = pixels(videos: 1)
      input[100] = bad
      #expect(throws: Failure.self) { try encode(model, input, videos: 1) }
    }
    // Finite numbers whose squares are not: refused too, rather than made alike by the norm.
    for size in [Float(1e21), 1e30, .greatestFiniteMagnitude] {
      let huge = pixels(videos: 1).map { $0 * size }
      #expect(throws: Failure.self) { try encode(model, huge, videos: 1) }
    }
  }

  // MARK: Text

  private func text(_ model: ActionCLIP, _ rows: [[Int32]], size: Int = 24) throws -> [[Float]] {
    let context = model.configuration.contextLength
    let tokens = rows.flatMap { $0 + [Int32](repeating: 0, count: context - $0.count) }
    var out = [Float](repeating: 0, count: rows.count * size)
    try model.encode(tokens: tokens, rows: rows.count, to: &out)
    return (0..<rows.count).map { Array(out[$0 * size..<($0 + 1) * size]) }
  }

  @Test func nothingAfterTheEndOfTextMatters() throws {
    let model = try model(.clip())
    let short = try text(model, [[48, 3, 9, 49]])
    #expect(try text(model, [[48, 3, 9, 49, 7, 7, 7]]) == short)
    #expect(try text(model, [[48, 3, 8, 49]]) != short)
    // The largest id is the end, at its first place.
    #expect(try text(model, [[48, 3, 9, 49, 49, 2]]) == short)
  }

  @Test func promptsHaveTheSameBitsAloneAndTogether() throws {
    let model = try model(.clip())
    let rows: [[Int32]] = (0..<700).map { row in
      [48] + (0..<row % 10).map { Int32((row + $0 * 5) % 48) } + [49]
    }
    let together = try text(model, rows)
    for row in [0, 1, 57, 333, 699] {
      let alone = try text(model, [rows[row]])
      #expect(alone == [together[row]])
    }
    let reversed = try text(model, rows.reversed())
    #expect(Array(reversed.reversed()) == together)
  }

  @Test func textThatOverflowsIsAnErrorAndLeavesTheOutputAlone() throws {
    var tensors = InMemoryTensors.clip()
    tensors.tensors["text_projection"]?.values = [Float](repeating: 3e38, count: 64 * 24)
    let model = try model(tensors)
    var out = [Float](repeating: 42, count: 2 * 24)
    let error = #expect(throws: Failure.self) {
      try model.encode(tokens: [Int32](repeating: 3, count: 24), rows: 2, to: &out)
    }
    #expect(error?.kind == .notFinite)
    #expect(out.allSatisfy { $0 == 42 })
  }

  @Test func pixelsInMemoryAreRefusedBeforeAnyIsEncoded() throws {
    let model = try model(.clip())
    let videos = 400  // several groups of frames
    var pixels = pixels(videos: videos)
    var video = [Float](repeating: 42, count: videos * 24)
    /// How often the encoder asks for frames, and what it fails with.
    func encode() throws -> (asked: Int, failure: Failure.Kind?) {
      try pixels.withUnsafeBufferPointer { pixels in
        let source = CountingFrames(try #require(pixels.baseAddress))
        var failure: Failure.Kind?
        do throws(Failure) {
          try model.encode(source, videos: videos, videoOut: &video, frameOut: nil)
        } catch { failure = error.kind }
        return (source.asked.load(ordering: .relaxed), failure)
      }
    }
    let whole = try encode()
    #expect(whole.asked > 1 && whole.failure == nil)
    video = [Float](repeating: 42, count: videos * 24)
    pixels[pixels.count - 1] = .nan
    let damaged = try encode()
    #expect(damaged.asked == 1 && damaged.failure == .notFinite)
    #expect(video.allSatisfy { $0 == 42 })
  }

  /// A file of 17 MB whose videos are sequences of 67 million tokens: sizes are planned without
  /// overflow, and memory that is not there is an error. (Where it is, the frames are asked for.)
  @Test func enormousSequencesAreAnErrorNotACrash() throws {
    var tensors = InMemoryTensors.clip()
    for (name, rows) in [("visual.positional_embedding", 65_537), ("visual.time_embedding", 1024)] {
      tensors.tensors[name] = ([rows, 64], [Float](repeating: 0.1, count: rows * 64))
    }
    let model = try ActionCLIP(tensors, options: LoadOptions(threads: 256), declaresOptions: false)
    #expect(model.configuration.imageSize == 1024 && model.configuration.frames == 1024)
    var video = [Float](repeating: 42, count: 24)
    let error = #expect(throws: Failure.self) {
      try model.encode(FailingFrames(), videos: 1, videoOut: &video, frameOut: nil)
    }
    #expect(error?.kind == .outOfMemory || error == FailingFrames.error)
    #expect(video.allSatisfy { $0 == 42 })
  }

  @Test func theSmallestModelWorks() throws {
    var tensors = InMemoryTensors.clip()
    tensors.add("visual.proj", [64, 1])
    tensors.add("text_projection", [64, 1])
    tensors.add("fusion.shift.weight", [1, 1, 3])
    let model = try ActionCLIP(
      tensors, options: LoadOptions(frames: 1, threads: 3), declaresOptions: true)
    #expect(model.configuration.head == .conv1D && model.configuration.embeddingSize == 1)
    var (video, frame): ([Float], [Float]) = ([0, 0], [0, 0])
    let pixels = (0..<2 * 192).map { Float($0 % 7) / 7 }
    try pixels.withUnsafeBufferPointer {
      try model.encode(
        PixelFrames(try #require($0.baseAddress)), videos: 2, videoOut: &video, frameOut: &frame)
    }
    let middle = try #require(tensors.tensors["fusion.shift.weight"]).values[1]
    for i in 0..<2 { #expect(abs(video[i] - frame[i] * (1 + middle)) < 1e-6) }
    #expect(try text(model, [[48, 49]], size: 1)[0].count == 1)
  }

  @Test func tokensOutsideTheVocabularyAreNamed() throws {
    let model = try model(.clip())
    for bad in [Int32(-1), 50, .max, .min] {
      do {
        _ = try text(model, [[48, 49], [48, bad, 49]])
        Issue.record("\(bad) was taken")
      } catch let error as Failure {
        #expect(error.kind == .invalidArgument && error.message.contains("row 1, position 1"))
      }
    }
  }
}
