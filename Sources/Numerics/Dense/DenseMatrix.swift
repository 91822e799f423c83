import System

/// A matrix of doubles, row after row, in memory of its own. A row takes an odd number of cache lines, so that
/// successive rows fall into different sets of the cache.
public final class DenseMatrix: @unchecked Sendable {
  // Unchecked: whoever shares a matrix between threads keeps writes apart from other uses.
  public let rows: Int
  public let columns: Int
  /// Doubles from one row to the next.
  let stride: Int
  private let memory: DenseMemory

  /// A matrix of zeros. It may have no rows or no columns.
  public init(rows: Int, columns: Int) throws(Failure) {
    guard rows >= 0, columns >= 0, columns <= Int.max - 16 else { throw .outOfMemory(bytes: Int.max) }
    stride = DenseMatrix.stride(columns)
    let (count, overflow) = rows.multipliedReportingOverflow(by: stride)
    memory = try DenseMemory(count: overflow ? Int.max : count, zeroed: true)
    self.rows = rows
    self.columns = columns
  }

  private static func stride(_ columns: Int) -> Int { ((columns + 7) / 8 | 1) * 8 }

  /// Bytes that a matrix of these sizes takes.
  public static func bytes(rows: Int, columns: Int) -> Int {
    let (bytes, overflow) = rows.multipliedReportingOverflow(by: 8 * stride(min(columns, Int.max >> 8)))
    return overflow ? Int.max : bytes
  }

  /// A copy of `floats` [rows, columns], whose rows are `stride` floats apart.
  public convenience init(
    rows: Int, columns: Int, floats: UnsafePointer<Float>, stride: Int
  ) throws(Failure) {
    try self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      let (from, to) = (floats + row * stride, self.row(row))
      for column in 0..<columns { to[column] = Double(from[column]) }
    }
  }

  /// The places of the elements, which do not keep the matrix alive.
  var elements: Elements { Elements(base: memory.base, rowStride: stride, columnStride: 1) }

  /// The whole matrix. [rows, columns]
  public var view: MatrixView { MatrixView(owner: self, elements, rows: rows, columns: columns) }

  /// The address of a row, whose numbers lie side by side; valid as long as the matrix, which it does not keep alive.
  public func row(_ row: Int) -> UnsafeMutablePointer<Double> { memory.base + row * stride }

  public subscript(row: Int, column: Int) -> Double {
    get { view[row, column] }
    set { view[row, column] = newValue }
  }
}
