import Numerics
import System

extension OrderedRows {
  /// The cosine from which on two embeddings count as the same.
  static let duplicateCosine = 0.9995

  /// Calls `found` with the clips of each pair of rows that are duplicates: rows of two clips, at a cosine of at least
  /// `duplicateCosine`.
  func forEachDuplicate(_ found: (_ clip: Int, _ other: Int) -> Void) throws(Failure) {
    // For unit vectors |x - y|^2 = 2 - 2 cos. Nearly all pairs are farther apart in their first few numbers already.
    let limit = 2 - 2 * OrderedRows.duplicateCosine
    for clip in 0..<clipCount {
      try checkCancelled()
      for row in clipRows(clip) {
        let x = self.row(row)
        var other = clip + 1
        var end = other < clipCount ? clipStarts[other + 1] : 0
        for next in clipStarts[clip + 1]..<count {
          if next == end {
            other += 1
            end = clipStarts[other + 1]
          }
          if isNear(x, self.row(next), limit) { found(clip, other) }
        }
      }
    }
  }

  private func isNear(
    _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, _ limit: Double
  ) -> Bool {
    var (index, sum) = (0, 0.0)
    while index + 16 <= embeddingSize {
      var part = SIMD8<Double>.zero
      for half in [0, 8] {
        let at = index + half
        let d =
          UnsafeRawPointer(x + at).loadUnaligned(as: SIMD8<Double>.self)
          - UnsafeRawPointer(y + at).loadUnaligned(as: SIMD8<Double>.self)
        part += d * d
      }
      sum += part.sum()
      if sum > limit { return false }
      index += 16
    }
    for i in index..<embeddingSize { sum += (x[i] - y[i]) * (x[i] - y[i]) }
    return sum <= limit
  }
}
