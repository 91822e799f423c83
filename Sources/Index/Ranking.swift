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
    _ count: Int, minimum: Double, _ scanned: borrowing ScannedScores, _ query: borrowing SearchQuery,
    _ index: ArchiveIndex, _ reader: inout RowReader
  ) throws(Failure) {
    let bound = index.scanError
    let numbers = query.numbers.base
    var wanted = max(1, min(count, index.rows))
    while true {
      let last = try scanned.smallest(ofBest: wanted)
      let cut = max(Double(last) - 2 * bound, minimum - bound)
      isComplete = Double(last) - 2 * bound <= minimum - bound
      rows.removeAll()
      var candidates = GrowingArray<Int>()
      var refused = GrowingArray<Int>()
      try scanned.eachRow(of: cut) { (row) throws(Failure) in try candidates.append(row) }
      for row in candidates.view {
        if rows.count % 1024 == 0 { try checkCancelled() }
        guard let exact = try reader.score(of: row, numbers) else {
          try refused.append(row)
          continue
        }
        if exact >= minimum { try rows.append(RankedRow(row: row, score: exact)) }
      }
      scanned.takeOut(refused.view)
      // Rows below the cut count once better ones turn out to hold no embedding.
      if refused.isEmpty || isComplete { break }
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
