/// Some rows and columns of a matrix of doubles, or of its transpose. A view keeps its matrix alive, and writes to the
/// matrix are seen through all of its views.
public struct MatrixView: @unchecked Sendable {
  // Unchecked: as for the matrix.
  private let owner: DenseMatrix
  let base: UnsafeMutablePointer<Double>
  public let rows: Int
  public let columns: Int
  /// Doubles from an element to the one below it, and to the one beside it. One of the two is 1.
  let rowStride, columnStride: Int

  init(
    owner: DenseMatrix, base: UnsafeMutablePointer<Double>, rows: Int, columns: Int, rowStride: Int,
    columnStride: Int
  ) {
    self.owner = owner
    self.base = base
    self.rows = rows
    self.columns = columns
    self.rowStride = rowStride
    self.columnStride = columnStride
  }

  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      return base[row * rowStride + column * columnStride]
    }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      base[row * rowStride + column * columnStride] = newValue
    }
  }

  /// The same numbers with rows and columns exchanged. [columns, rows]
  public var transposed: MatrixView {
    MatrixView(
      owner: owner, base: base, rows: columns, columns: rows, rowStride: columnStride,
      columnStride: rowStride)
  }

  /// The part in these rows and columns.
  public func block(rows: Range<Int>, columns: Range<Int>) -> MatrixView {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns)
    return MatrixView(
      owner: owner, base: base + rows.lowerBound * rowStride + columns.lowerBound * columnStride,
      rows: rows.count, columns: columns.count, rowStride: rowStride, columnStride: columnStride)
  }

  /// The part in these rows.
  public func rows(_ rows: Range<Int>) -> MatrixView { block(rows: rows, columns: 0..<columns) }

  /// Writes the numbers of `other`, which has the same shape and lies apart.
  public func copy(_ other: MatrixView) {
    precondition(rows == other.rows && columns == other.columns)
    if columnStride != 1 { return transposed.copy(other.transposed) }
    for row in 0..<rows {
      let (from, to) = (other.base + row * other.rowStride, base + row * rowStride)
      for column in 0..<columns { to[column] = from[column * other.columnStride] }
    }
  }

  /// Adds `number` to each element of the diagonal.
  public func addToDiagonal(_ number: Double) {
    for i in 0..<min(rows, columns) { base[i * (rowStride + columnStride)] += number }
  }
}
