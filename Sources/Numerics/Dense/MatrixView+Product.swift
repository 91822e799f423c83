import System

extension MatrixView {
  /// Adds scale · a · b, for a [rows, k] and b [k, columns], which lie apart from this view. An element's sum is taken in
  /// the same order whatever the shapes and the number of threads. It fails where scratch memory is refused or the
  /// calling thread is cancelled; then some elements have been changed.
  public func addProduct(
    _ a: MatrixView, _ b: MatrixView, scale: Double = 1, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(a.rows == rows && b.columns == columns && a.columns == b.rows)
    for row in 0..<rows {
      try checkCancelled()
      for column in 0..<columns {
        var sum = 0.0
        for i in 0..<a.columns { sum += a[row, i] * b[i, column] }
        self[row, column] += scale * sum
      }
    }
  }

  /// Adds scale · a · a^T, for a [rows, k], to this square view, which is symmetric before and after. It fails as
  /// `addProduct` does.
  public func addGram(
    of a: MatrixView, scale: Double = 1, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(rows == columns)
    try addProduct(a, a.transposed, scale: scale, pool: pool)
  }
}
