import Foundation
import Model
import Numerics
import System
import Testing

@testable import Training

/// Keeping numbers to save time changes no bit: caches in memory and in a file, and activations between two passes.
struct CacheTests {
  /// Four clips that are the same in every step, and how often each was asked for.
  private final class Asked {
    var count = 0
  }

  private struct CachedBatch: TrainingBatch {
    let own: MemoryBatch
    let asked = Asked()

    var labels: LabelSets { own.labels }
    var tokens: UnsafePointer<Int32> { own.tokens }
    var textCount: Int { own.textCount }
    func view(of clip: Int) -> Int? { clip }
    func text(of row: Int) -> Int? { row }

    func write(clip: Int, to pixels: UnsafeMutablePointer<Float>) throws(Failure) {
      asked.count += 1
      try own.write(clip: clip, to: pixels)
    }
  }

  private static let cached = Tuner.Sizes(clips: 4, texts: 4, stepsPerEpoch: 5, cachedViews: 4, allTexts: 4)

  private struct Run: Equatable {
    var values: [String: [Float]] = [:]
    var asked = 0
  }

  /// Three steps: the trained numbers, and how often pixels were asked for.
  private static func run(
    _ parts: TrainedParts, _ sizes: Tuner.Sizes = cached, precision: Precision = .fp32, threads: Int = 1,
    memory: Int? = nil, cache: Tuner.CacheFile? = nil, steps: Int = 3
  ) throws -> Run {
    let tuner = try Tuner(
      TinyModel.base(), parts, TinyModel.quick, sizes, precision: precision, memoryLimit: memory,
      cache: cache, options: LoadOptions(threads: threads))
    let batch = CachedBatch(own: try TinyModel.batch())
    for _ in 0..<steps { _ = try tuner.step(batch) }
    return Run(values: try TinyModel.values(tuner.model(share: 1, LoadOptions())), asked: batch.asked.count)
  }

  private static let parts: [TrainedParts] = [
    TrainedParts(), TrainedParts(vision: .projection), TrainedParts(vision: .lastBlocks(1)),
    TrainedParts(vision: .lastBlocks(2), text: .lastBlocks(1)), .everything,
  ]

  @Test(arguments: parts.indices, [Precision.fp32, .bf16]) func whatIsKeptChangesNoBit(
    index: Int, precision: Precision
  ) throws {
    let parts = Self.parts[index]
    let bare = try Self.run(
      parts, Tuner.Sizes(clips: 4, texts: 4, stepsPerEpoch: 5), precision: precision, memory: 1)
    for threads in [1, 2, 8] {
      let kept = try Self.run(parts, precision: precision, threads: threads)
      #expect(kept.values == bare.values)
      // Once for the cache; where all is trained, for each pass of each step.
      #expect(kept.asked == (parts.vision == .everything ? 24 : 4))
    }
    // Memory for some of what could be kept.
    let least = try Tuner(
      TinyModel.base(), parts, TinyModel.quick, Self.cached, precision: precision, memoryLimit: 1,
      options: LoadOptions(threads: 1)
    ).workingMemory
    var asked: Set<Int> = []
    for extra in [0, 500, 3_000, 10_000, 40_000, 150_000, 600_000, 4_000_000] {
      let some = try Self.run(parts, precision: precision, memory: least + extra)
      #expect(some.values == bare.values)
      asked.insert(some.asked)
    }
    #expect(asked.count > 1 || parts.vision == .everything)
  }

  private func withFile(_ body: (FilePath, String) throws -> Void) throws {
    let name = NSTemporaryDirectory() + "actionclip-cache-\(UInt64.random(in: .min ... .max))"
    defer { try? FileManager.default.removeItem(atPath: name) }
    try body(FilePath(bytes: Array(name.utf8)), name)
  }

  @Test(arguments: parts.indices) func aFileKeepsClipsForLaterTuners(index: Int) throws {
    let parts = Self.parts[index]
    let expected = try Self.run(parts).values
    try withFile { path, name in
      // Each tuner of these opens the file for itself.
      func file(_ identity: String = "a") -> Tuner.CacheFile {
        Tuner.CacheFile(path: path, identity: identity)
      }
      let isCached = parts.vision != .everything
      for asked in [4, 0, 0] {
        let run = try Self.run(parts, cache: file())
        #expect(run.values == expected && run.asked == (isCached ? asked : 24))
      }
      #expect(FileManager.default.fileExists(atPath: name) == isCached)
      guard isCached else { return }
      // Another tuner's clips are not taken, nor are these after that.
      #expect(try Self.run(parts, cache: file("b")).asked == 4)
      #expect(try Self.run(parts, cache: file()).asked == 4)
    }
  }

  @Test func aDamagedFileIsComputedAnew() throws {
    let parts = TrainedParts(vision: .lastBlocks(1))
    let expected = try Self.run(parts).values
    try withFile { path, name in
      func run() throws -> Run {
        try Self.run(parts, cache: Tuner.CacheFile(path: path, identity: "a"))
      }
      _ = try run()
      let whole = try #require(FileManager.default.contents(atPath: name))
      // Cut where a killed process might have stopped, and changed where a lost power supply might have.
      for length in [0, 100, 4095, 4096, 4100, 4224, 8192, 9000, whole.count - 1] {
        try whole.prefix(length).write(to: URL(fileURLWithPath: name))
        let first = try run()
        #expect(first.values == expected)
        let again = try run()
        #expect(again.values == expected && again.asked == 0)
      }
      for place in [4096, 4130, 8192, 8200, whole.count - 4] {
        var changed = whole
        changed[place] ^= 0x10
        try changed.write(to: URL(fileURLWithPath: name))
        let first = try run()
        #expect(first.values == expected && first.asked == 1)
      }
    }
  }

  @Test func otherFilesAreRefusedAndStayAsTheyAre() throws {
    try withFile { path, name in
      let text = Data("my notes\n".utf8)
      try text.write(to: URL(fileURLWithPath: name))
      #expect(throws: Failure.self) {
        try Self.run(TrainedParts(), cache: Tuner.CacheFile(path: path, identity: "a"))
      }
      #expect(FileManager.default.contents(atPath: name) == text)
    }
    try withFile { path, _ in
      let file = try ActivationFile(path, identity: "a", entries: 1, bytes: 8)
      #expect(throws: Failure.self) {
        try Self.run(TrainedParts(), cache: Tuner.CacheFile(path: path, identity: "a"))
      }
      extendLifetime(file)
    }
    #expect(throws: Failure.self) {
      try ActivationFile(FilePath(bytes: Array("/dev/null".utf8)), identity: "a", entries: 1, bytes: 8)
    }
  }

  @Test func tellsItsMemoryAndStaysWithinTheLimit() throws {
    for parts in Self.parts {
      let base = try TinyModel.base()
      let bare = try Tuner(
        base, parts, TinyModel.quick, Self.cached, memoryLimit: 1, options: LoadOptions(threads: 1))
      #expect(bare.cacheMemory == 0)
      var before = 0
      for extra in stride(from: 0, to: 400_000, by: 20_000) {
        let tuner = try Tuner(
          base, parts, TinyModel.quick, Self.cached, memoryLimit: bare.workingMemory + extra,
          options: LoadOptions(threads: 1))
        let taken = tuner.workingMemory + tuner.cacheMemory
        #expect(taken <= bare.workingMemory + extra && taken >= before)
        before = taken
      }
      #expect(before > bare.workingMemory)
    }
  }
}
