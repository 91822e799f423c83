import Numerics
import System

/// The logits over all labels that the support's rows get when they are left out, less the largest of each row.
final class LeftOutLogits: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  /// [n, C]
  let values: DenseMatrix
  /// The logit of each row's label. [n]
  private(set) var own = GrowingArray<Double>()
  /// The number of labels with larger logits than the row's own. [n]
  private(set) var better = GrowingArray<Int>()

  /// - Parameter given: the logits of labels with examples; the others have those of their words. [n, S]
  init(_ given: DenseMatrix, _ rows: OrderedRows, _ texts: TextCosines, pool: ThreadPool?) throws(Failure) {
    let (n, labelCount, scale) = (rows.count, texts.labelCount, texts.scale)
    values = try DenseMatrix(rows: n, columns: labelCount)
    own = try GrowingArray(uninitialized: n)
    better = try GrowingArray(uninitialized: n)
    let (labels, columns) = (rows.labels.view, rows.columns.view)
    let (ownLogits, betterCounts, values) = (own.base, better.base, values)
    inPieces(n, pool) { piece in
      for row in piece {
        let (cosines, from, to) = (texts.all.row(row), given.row(row), values.row(row))
        for label in 0..<labelCount { to[label] = scale * cosines[label] }
        for (column, label) in labels.enumerated() { to[label] = from[column] }
        var peak = to[0]
        for label in 0..<labelCount { peak = max(peak, to[label]) }
        let logit = to[labels[columns[row]]]
        var count = 0
        for label in 0..<labelCount {
          if to[label] > logit { count += 1 }
          to[label] -= peak
        }
        (ownLogits[row], betterCounts[row]) = (logit - peak, count)
      }
    }
    extendLifetime(rows)
  }
}

/// Calls `work` for 0 ..< count in pieces of a fixed size, on a pool's threads.
func inPieces(_ count: Int, _ pool: ThreadPool?, _ work: (Range<Int>) -> Void) {
  let size = 64
  let pieces = (count + size - 1) / size
  func run(_ piece: Int) { work(piece * size..<min((piece + 1) * size, count)) }
  if let pool, pieces > 1 {
    pool.run(count: pieces) { piece, _ in run(piece) }
  } else {
    for piece in 0..<pieces { run(piece) }
  }
}
