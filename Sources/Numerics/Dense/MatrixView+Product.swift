import System

extension MatrixView {
  /// Adds scale · a · b, for a [rows, k] and b [k, columns], which lie apart from this view. An element depends on its
  /// own row of a and its own column of b alone, and has the same bits for any number of threads. It fails where scratch
  /// memory is refused or the calling thread is cancelled; then some elements have been changed.
  public func addProduct(
    _ a: MatrixView, _ b: MatrixView, scale: Double = 1, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(a.rows == rows && b.columns == columns && a.columns == b.rows)
    defer { withExtendedLifetime((self, a, b)) {} }
    if elements.columnStride != 1 {
      return try transposed.addProduct(b.transposed, a.transposed, scale: scale, pool: pool)
    }
    try Product(
      a: a.elements, b: b.elements, c: elements, rows: rows, k: a.columns, columns: columns, scale: scale
    ).run(pool)
  }

  /// Adds scale · a · a^T, for a [rows, k], to this square view, which is symmetric before and after. It fails as
  /// `addProduct` does.
  public func addGram(
    of a: MatrixView, scale: Double = 1, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(a.rows == rows && rows == columns)
    defer { withExtendedLifetime((self, a)) {} }
    if elements.columnStride != 1 { return try transposed.addGram(of: a, scale: scale, pool: pool) }
    try Product(
      a: a.elements, b: a.elements.transposed, c: elements, rows: rows, k: a.columns, columns: rows,
      scale: scale, upperOnly: true
    ).run(pool)
    mirrorUpper()
  }
}
