import CKernels
import System

/// A row and its exact score.
struct RankedRow: BitwiseCopyable {
  let row: Int
  let score: Double
}

/// The best rows of a scan in exact order: by score, then by path, start and row.
///
/// A scan's fp32 score differs from the exact one by at most a bound. So the best rows are among those whose fp32 score
/// is at most two bounds below that of the last one wanted, and only these are scored exactly.
struct Ranking: ~Copyable {
  private(set) var rows = GrowingArray<RankedRow>()
  /// Whether no row of at least the minimum score is missing.
  private(set) var isComplete = false

  /// Ranks the best `count` rows of at least `minimum`. Rows that turn out to hold no embedding are taken out of
  /// `scanned`.
  init(
    _ count: Int, minimum: Double, _ scanned: inout ScannedScores, _ query: borrowing SearchQuery,
    _ index: ArchiveIndex, _ reader: inout RowReader
  ) throws(Failure) {
    let bound = ckernels_scan_error(index.manifest.dimension) * ExactScore.maximumLength * 1.001
    let numbers = query.numbers.base
    var wanted = max(1, min(count, index.rows))
    while true {
      let last = try Ranking.smallest(ofBest: wanted, scanned.scores.view)
      let cut = max(Double(last) - 2 * bound, minimum - bound)
      isComplete = Double(last) - 2 * bound <= minimum - bound
      rows.removeAll()
      var refused = 0
      for (row, score) in scanned.scores.view.enumerated() where Double(score) >= cut && score > -.infinity {
        if rows.count % 1024 == 0 { try checkCancelled() }
        guard let exact = try reader.score(of: row, numbers) else {
          scanned.scores[row] = -.infinity
          refused += 1
          continue
        }
        if exact >= minimum { try rows.append(RankedRow(row: row, score: exact)) }
      }
      // Rows below the cut count once better ones turn out to hold no embedding.
      if refused == 0 || isComplete { break }
      wanted = min(2 * wanted, index.rows)
    }
    extendLifetime(query)
    rows.buffer.heapSort { $0.score != $1.score ? $0.score > $1.score : $0.row < $1.row }
    try orderTies(below: count, &reader)
    if rows.count > count {
      rows.removeLast(to: count)
      isComplete = false
    }
  }

  /// The smallest of the best `count` scores; -infinity if there are no more scores than that.
  private static func smallest(
    ofBest count: Int, _ scores: UnsafeBufferPointer<Float>
  ) throws(Failure) -> Float {
    guard count < scores.count else { return -.infinity }
    // A heap of the best ones so far, the smallest at its root.
    let heap = try GrowingArray<Float>(repeating: -.infinity, count: count)
    let best = heap.base
    for score in scores where score > best[0] {
      var parent = 0
      while true {
        var child = 2 * parent + 1
        guard child < count else { break }
        if child + 1 < count, best[child + 1] < best[child] { child += 1 }
        guard best[child] < score else { break }
        best[parent] = best[child]
        parent = child
      }
      best[parent] = score
    }
    let smallest = best[0]
    extendLifetime(heap)
    return smallest
  }

  /// Sorts rows of equal score by path, start and row, as far as they count.
  private mutating func orderTies(below count: Int, _ reader: inout RowReader) throws(Failure) {
    var first = 0
    while first < min(count, rows.count) {
      var end = first + 1
      while end < rows.count, rows[end].score == rows[first].score { end += 1 }
      if end - first > 1 { try order(first..<end, &reader) }
      first = end
    }
  }

  /// Sorts rows of equal score.
  private func order(_ range: Range<Int>, _ reader: inout RowReader) throws(Failure) {
    let paths = TextList()
    var ties = try GrowingArray<Tie>(capacity: range.count)
    for place in range {
      let ranked = rows[place]
      let window = try reader.place(of: ranked.row)
      try window.path.withUnsafeBufferPointer { (path) throws(Failure) in try paths.append(path) }
      try ties.append(Tie(ranked: ranked, start: window.start, path: paths.count - 1))
    }
    ties.buffer.heapSort { a, b in
      let (first, second) = (paths[a.path], paths[b.path])
      if !first.elementsEqual(second) { return first.lexicographicallyPrecedes(second) }
      return a.start != b.start ? a.start < b.start : a.ranked.row < b.ranked.row
    }
    for place in range { rows.buffer[place] = ties[place - range.lowerBound].ranked }
  }

  private struct Tie: BitwiseCopyable {
    let ranked: RankedRow
    let start: Double
    let path: Int
  }
}
