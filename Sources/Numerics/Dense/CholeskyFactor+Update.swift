import CKernels
import System

extension CholeskyFactor {
  /// Makes this the factor of A + v · v^T, for v [order], by a rotation for each column. It fails where scratch memory is
  /// refused; then nothing has changed.
  public func update(adding v: UnsafePointer<Double>) throws(Failure) {
    defer { withExtendedLifetime(self) {} }
    let rest = try GrowingArray<Double>(uninitialized: order)
    let x = rest.base
    x.update(from: v, count: order)
    for k in 0..<order {
      let own = columns.row(k)
      let pivot = (own[k] * own[k] + x[k] * x[k]).squareRoot()
      let (cosine, sine) = (own[k] / pivot, x[k] / pivot)
      own[k] = pivot
      ckernels_dense_rotate(order - k - 1, cosine, sine, own + k + 1, x + k + 1)
    }
  }

  /// Extends A by a row and a column: `row` [order] beside its old rows, `diagonal` at the end. False, with nothing
  /// changed, where the larger matrix is not positive definite. It fails where memory is refused.
  public func append(row: UnsafePointer<Double>, diagonal: Double) throws(Failure) -> Bool {
    defer { withExtendedLifetime(self) {} }
    let border = try GrowingArray<Double>(uninitialized: order)
    border.base.update(from: row, count: order)
    solveLower(border.base)
    let pivot = (diagonal - ckernels_dense_dot(order, border.base, border.base)).squareRoot()
    guard pivot > 0, pivot.isFinite else { return false }
    if order == columns.rows {
      let size = max(16, order > Int.max / 2 ? Int.max : 2 * order)
      let larger = try DenseMatrix(rows: size, columns: size)
      for k in 0..<order { (larger.row(k) + k).update(from: columns.row(k) + k, count: order - k) }
      columns = larger
    }
    for k in 0..<order { columns[k, order] = border.base[k] }
    columns[order, order] = pivot
    order += 1
    return true
  }
}
