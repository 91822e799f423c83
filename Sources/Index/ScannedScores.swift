import System

/// A run of rows of one shard, and the largest of their scores.
struct ScoreRun: BitwiseCopyable {
  /// The first row, counted from the archive's first.
  var first = 0
  var count = 0
  /// No score of the run is larger; -infinity if none of its rows is to be found.
  var maximum = -Float.infinity

  /// Rows of a run, at most.
  static let length = 256

  var rows: Range<Int> { first..<first + count }
}

/// The scores of all rows of an archive by one query, as fp32 sums.
struct ScannedScores: ~Copyable {
  /// The scores in runs. So few of them are looked at again for the best ones.
  let runs: GrowingArray<ScoreRun>
  /// The mean score of the rows that can be found; 0 if there is none.
  let mean: Double
  private let memory: MemoryBlock

  init(_ memory: consuming MemoryBlock, _ runs: consuming GrowingArray<ScoreRun>, mean: Double) {
    self.memory = memory
    self.runs = runs
    self.mean = mean
  }

  /// [rows]; -infinity for rows that are never found: those of removed videos, and those that hold no embedding.
  var scores: UnsafeMutableBufferPointer<Float> { memory.bytes.assumingMemoryBound(to: Float.self) }

  /// The smallest of the best `count` scores; -infinity if there are no more scores than that.
  func smallest(ofBest count: Int) throws(Failure) -> Float {
    let scores = scores
    guard count < scores.count else { return -.infinity }
    // `count` runs have a score of `floor` or more each, so no run below it has one of the best.
    var floor = -Float.infinity
    if count < runs.count {
      var best = try SmallestOfBest(count)
      for run in runs.view { best.take(run.maximum) }
      floor = best.smallest
    }
    var best = try SmallestOfBest(count)
    for run in runs.view where run.maximum >= floor && run.maximum > best.smallest {
      for row in run.rows { best.take(scores[row]) }
    }
    return best.smallest
  }

  /// Takes rows out that turned out to hold no embedding.
  func takeOut(_ refused: UnsafeBufferPointer<Int>) {
    guard !refused.isEmpty else { return }
    let scores = scores
    for row in refused { scores[row] = -.infinity }
    for run in runs.buffer.indices where runs.buffer[run].maximum > -.infinity {
      runs.buffer[run].maximum = runs.buffer[run].rows.reduce(-.infinity) { max($0, scores[$1]) }
    }
  }

  /// Calls `body` with every row whose score is finite and at least `cut`, in their order.
  func eachRow(of cut: Double, _ body: (Int) throws(Failure) -> Void) throws(Failure) {
    let scores = scores
    for run in runs.view where Double(run.maximum) >= cut && run.maximum > -.infinity {
      for row in run.rows where Double(scores[row]) >= cut && scores[row] > -.infinity { try body(row) }
    }
  }
}

/// The best numbers so far, in a heap with the smallest at its root.
private struct SmallestOfBest: ~Copyable {
  private let heap: GrowingArray<Float>

  /// Keeps the best `count` numbers, at least one.
  init(_ count: Int) throws(Failure) { heap = try GrowingArray(repeating: -.infinity, count: count) }

  /// The smallest of the best ones; -infinity as long as they are fewer.
  var smallest: Float { heap.base[0] }

  @inline(__always)
  mutating func take(_ number: Float) { if number > heap.base[0] { replaceSmallest(by: number) } }

  private mutating func replaceSmallest(by number: Float) {
    let (best, count) = (heap.base, heap.count)
    var parent = 0
    while true {
      var child = 2 * parent + 1
      guard child < count else { break }
      if child + 1 < count, best[child + 1] < best[child] { child += 1 }
      guard best[child] < number else { break }
      best[parent] = best[child]
      parent = child
    }
    best[parent] = number
  }
}
