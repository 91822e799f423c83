import CKernels
import System

extension CholeskyFactor {
  /// Overwrites b [order, n] with L^-1 · b. A column's result has the same bits whatever the other columns and the
  /// number of threads. It fails where scratch memory is refused or the calling thread is cancelled; then b is not
  /// defined.
  public func solveLower(_ b: MatrixView, pool: ThreadPool? = nil) throws(Failure) {
    precondition(b.rows == order)
    defer { withExtendedLifetime((self, b)) {} }
    let own = columns.elements.transposed
    try TriangularSolve(own, order: order).run(b.elements, columns: b.columns, pool)
  }

  /// Overwrites b [order, n] with L^-T · b. It fails as `solveLower` does.
  public func solveUpper(_ b: MatrixView, pool: ThreadPool? = nil) throws(Failure) {
    precondition(b.rows == order)
    defer { withExtendedLifetime((self, b)) {} }
    // With the last row and column first, L^T is lower triangular.
    let own = columns.elements.reversingRows(order).transposed.reversingRows(order).transposed
    try TriangularSolve(own, order: order).run(
      b.elements.reversingRows(order), columns: b.columns, pool)
  }

  /// Overwrites b [order, n] with A^-1 · b. It fails as `solveLower` does.
  public func solve(_ b: MatrixView, pool: ThreadPool? = nil) throws(Failure) {
    try solveLower(b, pool: pool)
    try solveUpper(b, pool: pool)
  }

  /// A^-1, symmetric to the bit. [order, order]
  public func inverse(pool: ThreadPool? = nil) throws(Failure) -> DenseMatrix {
    let half = try DenseMatrix(rows: order, columns: order)
    defer { withExtendedLifetime((self, half)) {} }
    half.view.addToDiagonal(1)
    try TriangularSolve(columns.elements.transposed, order: order).run(
      half.elements, columns: order, isTriangular: true, pool)
    let inverse = try DenseMatrix(rows: order, columns: order)
    try Product(
      a: half.elements.transposed, b: half.elements, c: inverse.elements, rows: order, k: order,
      columns: order, scale: 1, upperOnly: true, isTriangular: true
    ).run(pool)
    inverse.view.mirrorUpper()
    return inverse
  }

  /// Overwrites the vector b [order] with L^-1 · b.
  public func solveLower(_ b: UnsafeMutablePointer<Double>) {
    defer { withExtendedLifetime(self) {} }
    for k in 0..<order {
      let own = columns.row(k)
      b[k] /= own[k]
      ckernels_dense_add_scaled(order - k - 1, -b[k], own + k + 1, b + k + 1)
    }
  }

  /// Overwrites the vector b [order] with L^-T · b.
  public func solveUpper(_ b: UnsafeMutablePointer<Double>) {
    defer { withExtendedLifetime(self) {} }
    for k in stride(from: order - 1, through: 0, by: -1) {
      let own = columns.row(k)
      b[k] = (b[k] - ckernels_dense_dot(order - k - 1, own + k + 1, b + k + 1)) / own[k]
    }
  }
}
