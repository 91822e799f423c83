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

  /// Factorises A + ridge · I; of A the elements on and below the diagonal are read. Nil where it is not positive
  /// definite in double precision: a pivot is not above zero, or is not finite.
  /// - Parameter capacity: the order that the factor can be extended to without taking new memory.
  public init?(
    of a: MatrixView, ridge: Double = 0, capacity: Int = 0, pool: ThreadPool? = nil
  ) throws(Failure) {
    precondition(a.rows == a.columns)
    let (order, size) = (a.rows, max(capacity, a.rows))
    let columns = try DenseMatrix(rows: size, columns: size)
    for k in 0..<order {
      for i in k..<order { columns[k, i] = a[i, k] }
      columns[k, k] += ridge
    }
    guard try CholeskyFactor.factorise(columns, order: order) else { return nil }
    self.order = order
    self.columns = columns
  }

  /// A factor with the same numbers in memory of its own.
  public init(copying other: CholeskyFactor) throws(Failure) {
    order = other.order
    columns = try DenseMatrix(rows: other.columns.rows, columns: other.columns.columns)
    columns.view.copy(other.columns.view)
  }

  /// L [order, order]; above its diagonal lies what is not defined.
  public var lower: MatrixView {
    columns.view.block(rows: 0..<order, columns: 0..<order).transposed
  }

  /// Overwrites a matrix, from its diagonal on, with its factor. False where it is not positive definite.
  private static func factorise(_ columns: DenseMatrix, order: Int) throws(Failure) -> Bool {
    for k in 0..<order {
      try checkCancelled()
      let row = columns.base + k * columns.stride
      let pivot = row[k].squareRoot()
      guard pivot > 0, pivot.isFinite else { return false }
      for i in k..<order { row[i] /= pivot }
      for j in k + 1..<max(order, k + 1) {
        addScaled(-row[j], row + j, to: columns.base + j * columns.stride + j, count: order - j)
      }
    }
    return true
  }
}
