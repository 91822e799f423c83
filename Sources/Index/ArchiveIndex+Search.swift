import System

extension ArchiveIndex {
  /// The `count` best moments of at least a minimum score, the best first; of equal scores, by path, then start. The order is that of
  /// exact scores, and the same for any number of threads.
  ///
  /// Windows are taken from the best on. Each begins a moment, which grows over the windows before and after it that
  /// touch the ones taken, are of the same video, and score at least half-way from the archive's mean score to the
  /// moment's own. A window that touches an earlier moment, or a window left out in this way, belongs to that moment's
  /// flank and is no moment of its own. Without `merges` each window is a moment.
  public func search(
    _ query: borrowing SearchQuery, count: Int, minimum: Double, merges: Bool
  ) throws(Failure) -> GrowingArray<Moment> {
    var moments = GrowingArray<Moment>()
    guard rows > 0, count > 0 else { return moments }
    let scanned = try scan(query)
    var reader = RowReader(self)
    var wanted = min(count, rows)
    if merges { wanted = min(rows, wanted.multipliedReportingOverflow(by: 4).partialValue &+ 64) }
    while true {
      let ranking = try Ranking(wanted, minimum: minimum, scanned, query, self, &reader)
      var growth = MomentGrowth(self, mean: scanned.mean, minimum: minimum)
      moments.removeAll()
      for place in 0..<ranking.rows.count where moments.count < count {
        let ranked = ranking.rows[place]
        if !merges {
          let window = try reader.place(of: ranked.row)
          try moments.append(Moment(ranked, window))
        } else if let moment = try growth.moment(
          at: ranked, UnsafeBufferPointer(scanned.scores), query, &reader)
        {
          try moments.append(moment)
        }
      }
      if moments.count == count || ranking.isComplete || wanted == rows { return moments }
      wanted = min(4 * wanted, rows)
    }
  }
}

extension Moment {
  fileprivate init(_ ranked: RankedRow, _ window: WindowPlace) {
    // A row in fp16 may be longer than 1 by a thousandth. The order is that of the products.
    self.init(
      row: ranked.row, score: min(max(ranked.score, -1), 1), start: window.start, end: window.end,
      peakStart: window.start,
      peakEnd: window.end)
  }
}

/// Joins windows to moments, taken from the best on.
private struct MomentGrowth: ~Copyable {
  private let index: ArchiveIndex
  private let mean: Double
  private let minimum: Double
  /// A bit for each row that is part of a moment or of its flank.
  private var taken = GrowingArray<UInt64>()

  init(_ index: ArchiveIndex, mean: Double, minimum: Double) {
    self.index = index
    self.mean = mean
    self.minimum = minimum
  }

  /// The moment whose best window is a row; nil if the row belongs to an earlier moment or its flank.
  mutating func moment(
    at ranked: RankedRow, _ scores: UnsafeBufferPointer<Float>, _ query: borrowing SearchQuery,
    _ reader: inout RowReader
  ) throws(Failure) -> Moment? {
    try taken.extend(to: index.rows / 64, filling: 0)
    if isTaken(ranked.row) { return nil }
    let peak = try reader.place(of: ranked.row)
    take(ranked.row)
    for neighbour in [ranked.row - 1, ranked.row + 1] where isTaken(neighbour) {
      if try reader.place(of: neighbour).touches(peak) { return nil }
    }
    var moment = Moment(ranked, peak)
    let level = max((mean + ranked.score) / 2, minimum)
    let nearly = level - index.scanError  // below it no exact score is at the level
    for step in [-1, 1] {
      var (row, edge) = (ranked.row + step, peak)
      while row >= 0, row < index.rows, !isTaken(row), Double(scores[row]) >= nearly,
        let score = try reader.score(of: row, query.numbers.base), score >= level
      {
        let window = try reader.place(of: row)
        guard window.touches(edge) else { break }
        take(row)
        (moment.start, moment.end) = (min(moment.start, window.start), max(moment.end, window.end))
        (row, edge) = (row + step, window)
      }
    }
    return moment
  }

  private func isTaken(_ row: Int) -> Bool {
    row >= 0 && row < index.rows && taken[row / 64] >> UInt64(row % 64) & 1 == 1
  }

  private mutating func take(_ row: Int) { taken[row / 64] |= 1 << UInt64(row % 64) }
}
