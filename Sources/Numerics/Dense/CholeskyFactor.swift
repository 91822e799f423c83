import CKernels
import System

/// The lower triangular L with L · L^T = A, for a symmetric, positive definite A. Any number of threads may solve with
/// it at a time; update and append want it alone.
public final class CholeskyFactor: @unchecked Sendable {
  // Unchecked: callers keep update and append apart from other uses.

  /// Rows and columns of A.
  public internal(set) var order: Int
  /// Row k holds column k of L from the diagonal on, so that an update runs along memory; what lies before is not
  /// defined. [capacity, capacity]
  var columns: DenseMatrix

  /// Factorises A + ridge · I, for a symmetric A, of which one triangle is read. Nil where it is not positive definite in
  /// double precision: a pivot is not above zero, or is not finite. It fails where memory is refused or the calling
  /// thread is cancelled.
  /// - Parameter capacity: the order that the factor can be extended to without taking new memory.
  public init?(
    of a: MatrixView, ridge: Double = 0, capacity: Int = 0, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(a.rows == a.columns)
    defer { withExtendedLifetime(a) {} }
    order = a.rows
    let size = max(capacity, a.rows)
    columns = try DenseMatrix(rows: size, columns: size)
    let from = a.elements.columnStride == 1 ? a.elements : a.elements.transposed
    for k in 0..<order {
      let to = columns.row(k) + k
      to.update(from: from.at(k, k), count: order - k)
      to.pointee += ridge
    }
    defer { withExtendedLifetime(columns) {} }
    guard try factorise(columns.elements, order: order, pool) else { return nil }
  }

  /// A factor with the same numbers in memory of its own.
  public init(copying other: CholeskyFactor) throws(Failure) {
    order = other.order
    columns = try DenseMatrix(rows: other.columns.rows, columns: other.columns.columns)
    columns.view.copy(other.columns.view)
  }

  /// The factor L whose lower triangle, row by row, these numbers are; its diagonal is positive.
  public init(packedLower numbers: UnsafeBufferPointer<Double>, order: Int) throws(Failure) {
    precondition(numbers.count == order * (order + 1) / 2)
    self.order = order
    columns = try DenseMatrix(rows: order, columns: order)
    var next = 0
    for row in 0..<order {
      for column in 0...row {
        columns[column, row] = numbers[next]
        next += 1
      }
    }
  }

  /// L [order, order]; above its diagonal lies what is not defined.
  public var lower: MatrixView {
    columns.view.block(rows: 0..<order, columns: 0..<order).transposed
  }
}

/// Overwrites the upper triangle of a symmetric matrix by R with R^T · R = A, where the numbers of a row lie side by
/// side; what lies below the diagonal may change too. False where A is not positive definite. Blocks of rows, and
/// smaller ones within them: the rows of a block right of it are R^-T · A, and their squares leave the rest.
private func factorise(_ r: Elements, order: Int, _ pool: ThreadPool?) throws(Failure) -> Bool {
  let (smallest, small, large) = (24, 192, 96)
  if order <= smallest { return factoriseSmall(r, order: order) }
  let block = order > small ? large : smallest
  for first in stride(from: 0, to: order, by: block) {
    try checkCancelled()
    let end = min(first + block, order)
    let diagonal = r.from(first, first)
    guard try factorise(diagonal, order: end - first, pool) else { return false }
    let (beside, left) = (r.from(first, end), order - end)
    try TriangularSolve(diagonal.transposed, order: end - first).run(beside, columns: left, pool)
    try Product(
      a: beside.transposed, b: beside, c: r.from(end, end), rows: left, k: end - first, columns: left,
      scale: -1, upperOnly: true
    ).run(pool)
  }
  return true
}

/// Factorises as `factorise` does, row by row.
private func factoriseSmall(_ r: Elements, order: Int) -> Bool {
  for k in 0..<order {
    let row = r.at(k, 0)
    let pivot = row[k].squareRoot()
    guard pivot > 0, pivot.isFinite else { return false }
    row[k] = pivot
    for i in k + 1..<max(order, k + 1) { row[i] /= pivot }
    for j in k + 1..<max(order, k + 1) {
      ckernels_dense_add_scaled(order - j, -row[j], row + j, r.at(j, j))
    }
  }
  return true
}
