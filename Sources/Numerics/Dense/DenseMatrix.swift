import System

/// A matrix of doubles, row after row, in memory of its own. A row takes an odd number of cache lines, so that
/// successive rows fall into different sets of the cache.
public final class DenseMatrix: @unchecked Sendable {
  // Unchecked: whoever shares a matrix between threads keeps writes apart from other uses.
  public let rows: Int
  public let columns: Int
  /// Doubles from one row to the next.
  public let stride: Int
  let base: UnsafeMutablePointer<Double>
  private let memory: MemoryBlock

  /// A matrix of zeros. It may have no rows or no columns.
  public init(rows: Int, columns: Int) throws(Failure) {
    guard rows >= 0, columns >= 0, columns <= Int.max - 16 else { throw .outOfMemory(bytes: Int.max) }
    stride = ((columns + 7) / 8 | 1) * 8
    let (count, tooMany) = rows.multipliedReportingOverflow(by: stride)
    let (bytes, tooLarge) = count.multipliedReportingOverflow(by: MemoryLayout<Double>.stride)
    guard !tooMany, !tooLarge, bytes <= Int.max - 64 else { throw .outOfMemory(bytes: Int.max) }
    memory = try MemoryBlock(count: bytes + 64, zeroed: true)
    base = memory.start.alignedUp(toMultipleOf: 64).bindMemory(to: Double.self, capacity: max(count, 1))
    self.rows = rows
    self.columns = columns
  }

  /// A copy of `floats` [rows, columns], whose rows are `stride` floats apart.
  public convenience init(
    rows: Int, columns: Int, floats: UnsafePointer<Float>, stride: Int
  ) throws(Failure) {
    try self.init(rows: rows, columns: columns)
    for row in 0..<rows {
      let (from, to) = (floats + row * stride, base + row * self.stride)
      for column in 0..<columns { to[column] = Double(from[column]) }
    }
  }

  /// The whole matrix. [rows, columns]
  public var view: MatrixView {
    MatrixView(owner: self, base: base, rows: rows, columns: columns, rowStride: stride, columnStride: 1)
  }

  public subscript(row: Int, column: Int) -> Double {
    get { view[row, column] }
    set { view[row, column] = newValue }
  }
}
