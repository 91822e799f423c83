/// Some rows and columns of a matrix of doubles, or of its transpose. A view keeps its matrix alive, and writes to the
/// matrix are seen through all of its views.
///
/// The elements' addresses alone do not keep the matrix alive: the compiler may release it after the view's last use. So
/// whoever takes `elements` extends the view's life to the end.
public struct MatrixView: @unchecked Sendable {
  // Unchecked: as for the matrix.
  private let owner: DenseMatrix
  /// The elements, which are next to each other either along rows or along columns.
  let elements: Elements
  public let rows: Int
  public let columns: Int

  init(owner: DenseMatrix, _ elements: Elements, rows: Int, columns: Int) {
    self.owner = owner
    self.elements = elements
    self.rows = rows
    self.columns = columns
  }

  public subscript(row: Int, column: Int) -> Double {
    get {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      defer { withExtendedLifetime(self) {} }
      return elements.at(row, column).pointee
    }
    nonmutating set {
      precondition(row >= 0 && row < rows && column >= 0 && column < columns)
      elements.at(row, column).pointee = newValue
      withExtendedLifetime(self) {}
    }
  }

  /// The same numbers with rows and columns exchanged. [columns, rows]
  public var transposed: MatrixView {
    MatrixView(owner: owner, elements.transposed, rows: columns, columns: rows)
  }

  /// The part in these rows and columns.
  public func block(rows: Range<Int>, columns: Range<Int>) -> MatrixView {
    precondition(rows.lowerBound >= 0 && rows.upperBound <= self.rows)
    precondition(columns.lowerBound >= 0 && columns.upperBound <= self.columns)
    return MatrixView(
      owner: owner, elements.from(rows.lowerBound, columns.lowerBound), rows: rows.count,
      columns: columns.count)
  }

  /// The part in these rows.
  public func rows(_ rows: Range<Int>) -> MatrixView { block(rows: rows, columns: 0..<columns) }

  /// Writes the numbers of `other`, which has the same shape and lies apart.
  public func copy(_ other: MatrixView) {
    precondition(rows == other.rows && columns == other.columns)
    defer { withExtendedLifetime((self, other)) {} }
    if elements.columnStride != 1 { return transposed.copy(other.transposed) }
    if other.elements.columnStride == 1 {
      for row in 0..<rows { elements.at(row, 0).update(from: other.elements.at(row, 0), count: columns) }
      return
    }
    // Some rows at a time, so that each cache line of the other matrix is read once.
    let lines = 8
    for first in stride(from: 0, to: rows, by: lines) {
      for column in 0..<columns {
        let from = other.elements.at(first, column)
        var to = elements.at(first, column)
        for row in 0..<min(lines, rows - first) {
          to.pointee = from[row]
          to += elements.rowStride
        }
      }
    }
  }

  /// Writes zeros.
  public func clear() {
    if elements.columnStride != 1 { return transposed.clear() }
    for row in 0..<rows { elements.at(row, 0).update(repeating: 0, count: columns) }
    withExtendedLifetime(self) {}
  }

  /// Adds `number` to each element of the diagonal.
  public func addToDiagonal(_ number: Double) {
    for i in 0..<min(rows, columns) { elements.at(i, i).pointee += number }
    withExtendedLifetime(self) {}
  }

  /// Copies the elements above the diagonal of a square view to their places below it.
  func mirrorUpper() {
    // In squares, so that what is written column by column stays in the cache.
    let size = 32
    defer { withExtendedLifetime(self) {} }
    for top in stride(from: 0, to: rows, by: size) {
      for left in stride(from: top, to: rows, by: size) {
        for row in top..<min(top + size, rows) {
          let first = max(left, row + 1)
          var (from, to) = (elements.at(row, first), elements.at(first, row))
          for _ in first..<max(min(left + size, rows), first) {
            to.pointee = from.pointee
            from += elements.columnStride
            to += elements.rowStride
          }
        }
      }
    }
  }
}
