import Numerics
import System

/// The rows of a support, sorted by label, then by clip, in an order that depends on their numbers alone: clips that
/// were added in another order, or under other ids, give the same sums to the bit.
final class OrderedRows: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  /// Embeddings of unit length. [n, E]
  let rows: DenseMatrix
  /// The index that each row has in the support. [n]
  private(set) var source = GrowingArray<Int>()
  /// One divided by the number of views of the row's clip, so that each clip counts once. [n]
  private(set) var weights = GrowingArray<Double>()
  /// The column of the row's label: its index in `labels`. [n]
  private(set) var columns = GrowingArray<Int>()
  /// The labels with examples, ascending. [S]
  private(set) var labels = GrowingArray<Int>()
  /// The first row of each clip, and the number of rows. [clips + 1]
  private(set) var clipStarts = GrowingArray<Int>()
  /// The number that the caller gave each clip. [clips]
  private(set) var clips = GrowingArray<Int64>()
  /// The first row of each label in `labels`, and the number of rows. [S + 1]
  private(set) var labelStarts = GrowingArray<Int>()
  /// The number of clips of each label in `labels`. [S]
  private(set) var clipCounts = GrowingArray<Int>()

  var count: Int { source.count }
  var embeddingSize: Int { rows.columns }
  var labelCount: Int { labels.count }
  var clipCount: Int { clipStarts.count - 1 }

  init(_ support: Support) throws(Failure) {
    let (n, size) = (support.count, support.embeddingSize)
    source = try OrderedRows.order(support)
    rows = try DenseMatrix(rows: n, columns: size)
    weights = try GrowingArray(repeating: 1, count: n)
    columns = try GrowingArray(uninitialized: n)
    for row in 0..<n {
      let from = support.rows.base + source[row] * size
      let to = rows.row(row)
      for i in 0..<size { to[i] = Double(from[i]) }
    }
    for row in 0..<n {
      let label = support.labels[source[row]]
      let isNewLabel = row == 0 || support.labels[source[row - 1]] != label
      if isNewLabel {
        try labels.append(label)
        try labelStarts.append(row)
        try clipCounts.append(0)
      }
      if isNewLabel || support.clips[source[row - 1]] != support.clips[source[row]] {
        try clipStarts.append(row)
        try clips.append(support.clips[source[row]])
        clipCounts[labels.count - 1] += 1
      }
      columns[row] = labels.count - 1
    }
    try clipStarts.append(n)
    try labelStarts.append(n)
    for clip in 0..<clipCount {
      let views = clipRows(clip)
      for row in views { weights[row] = 1 / Double(views.count) }
    }
    extendLifetime(support)
  }

  /// The embedding of a row. [E]
  func row(_ row: Int) -> UnsafeMutablePointer<Double> { rows.row(row) }

  /// The rows of a clip.
  func clipRows(_ clip: Int) -> Range<Int> { clipStarts[clip]..<clipStarts[clip + 1] }

  /// The rows of the label in a column.
  func labelRows(_ column: Int) -> Range<Int> { labelStarts[column]..<labelStarts[column + 1] }

  /// Whether the row's label has another clip, so that something is left of it without this one.
  func hasSiblings(_ row: Int) -> Bool { clipCounts[columns[row]] > 1 }

  /// The indices of a support's rows, sorted by label, then by the clip's rows, then by the row.
  private static func order(_ support: Support) throws(Failure) -> GrowingArray<Int> {
    let n = support.count
    let order = try GrowingArray<Int>(uninitialized: n)
    for row in 0..<n { order.base[row] = row }
    order.buffer.heapSort { a, b in
      if support.labels[a] != support.labels[b] { return support.labels[a] < support.labels[b] }
      if support.clips[a] != support.clips[b] { return support.clips[a] < support.clips[b] }
      return support.compareRows(a, b) < 0
    }
    // Clips are runs of rows now.
    var starts = GrowingArray<Int>()
    for place in 0..<n {
      let (row, before) = (order[place], order[max(place - 1, 0)])
      let isSameClip =
        support.labels[before] == support.labels[row] && support.clips[before] == support.clips[row]
      if place == 0 || !isSameClip { try starts.append(place) }
    }
    try starts.append(n)
    let sorted = try GrowingArray<Int>(uninitialized: n)
    let clips = try sortedClips(support, order.view, starts.view)
    var place = 0
    for clip in clips.view {
      for at in starts[clip]..<starts[clip + 1] {
        sorted.base[place] = order[at]
        place += 1
      }
    }
    return sorted
  }

  /// The indices of clips, which are runs of rows that begin at `starts`, sorted by label, then by their rows.
  private static func sortedClips(
    _ support: Support, _ rows: UnsafeBufferPointer<Int>, _ starts: UnsafeBufferPointer<Int>
  ) throws(Failure) -> GrowingArray<Int> {
    let clips = try GrowingArray<Int>(uninitialized: starts.count - 1)
    for clip in 0..<clips.count { clips.base[clip] = clip }
    clips.buffer.heapSort { a, b in
      let (labelA, labelB) = (support.labels[rows[starts[a]]], support.labels[rows[starts[b]]])
      if labelA != labelB { return labelA < labelB }
      let (countA, countB) = (starts[a + 1] - starts[a], starts[b + 1] - starts[b])
      for view in 0..<min(countA, countB) {
        let order = support.compareRows(rows[starts[a] + view], rows[starts[b] + view])
        if order != 0 { return order < 0 }
      }
      return countA == countB ? a < b : countA < countB
    }
    return clips
  }
}

extension Support {
  /// -1, 0 or 1 as the bits of row a come before, are, or come after those of row b.
  fileprivate func compareRows(_ a: Int, _ b: Int) -> Int {
    let base = rows.base
    for i in 0..<embeddingSize {
      let (x, y) = (base[a * embeddingSize + i].bitPattern, base[b * embeddingSize + i].bitPattern)
      if x != y { return x < y ? -1 : 1 }
    }
    return 0
  }
}
