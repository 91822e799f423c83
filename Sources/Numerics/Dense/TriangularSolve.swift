import CKernels
import System

/// A lower triangular matrix L, packed for solves L · Y = B of many columns.
struct TriangularSolve: ~Copyable {
  private let order: Int
  private let tileRows = ckernels_dense_rows()
  private let tileColumns = ckernels_dense_columns()
  /// Panel p of rows, up to its diagonal block, is [(p + 1) · rows][rows]; reciprocals on the diagonal.
  private let packed: DenseMemory

  /// The most rows of L that are used at a time for all panels of a task, so that they stay in the second-level cache.
  private static let depth = 96
  /// The columns of a task.
  private static let taskColumns = 64
  /// The columns that are solved between two looks at the cancel token.
  private static let uncancelledColumns = 1024
  /// The multiplications that are worth more than one thread.
  private static let sharedWork = 1 << 21

  /// Packs the lower triangle of `l` [order, order].
  init(_ l: Elements, order: Int) throws(Failure) {
    self.order = order
    let panels = (order + tileRows - 1) / tileRows
    packed = try DenseMemory(count: tileRows * tileRows * panels * (panels + 1) / 2)
    for panel in 0..<panels {
      let row = panel * tileRows
      let rows = min(tileRows, order - row)
      let to = packed.base + tileRows * tileRows * panel * (panel + 1) / 2
      var lines = l.from(row, 0).lines(rows, k: row)
      ckernels_dense_pack_rows(&lines, to)
      packDiagonal(l.from(row, row), rows: rows, to: to + row * tileRows)
    }
  }

  /// Packs a diagonal block, column by column, with the identity in rows that fill it up.
  private func packDiagonal(_ l: Elements, rows: Int, to: UnsafeMutablePointer<Double>) {
    for column in 0..<tileRows {
      for row in 0..<tileRows {
        var element = row == column ? 1.0 : 0
        if row < rows, column <= row {
          element = row == column ? 1 / l.at(row, row).pointee : l.at(row, column).pointee
        }
        to[column * tileRows + row] = element
      }
    }
  }

  /// Overwrites b [order, columns] with L^-1 · b. It fails where scratch memory is refused or the calling thread is
  /// cancelled; then some columns have been changed.
  /// - Parameter isTriangular: whether b holds zeros above its diagonal, which saves two thirds of the work.
  func run(_ b: Elements, columns: Int, isTriangular: Bool = false, _ pool: ThreadPool?) throws(Failure) {
    guard order > 0, columns > 0 else { return }
    let isShared = Double(order) * Double(order) * Double(columns) >= Double(TriangularSolve.sharedWork)
    let pool = isShared ? pool : nil
    let share = TriangularSolve.taskColumns
    let room = rounded(order, to: tileRows) * rounded(min(share, columns), to: tileColumns)
    let scratch = try DenseMemory(count: room * (pool?.threads ?? 1))
    let base = scratch.base
    for start in stride(from: 0, to: columns, by: TriangularSolve.uncancelledColumns) {
      try checkCancelled()
      let count = min(TriangularSolve.uncancelledColumns, columns - start)
      pool.share(count, share) { part, slot in
        let first = start + part.lowerBound
        solve(
          b.from(0, first), columns: part.count, zeros: isTriangular ? min(first, order - 1) / tileRows : 0,
          panels: base + slot * room)
      }
    }
  }

  /// Solves the columns of one task, in memory for their panels. The first `zeros` panels of rows hold zeros.
  private func solve(_ b: Elements, columns: Int, zeros: Int, panels: UnsafeMutablePointer<Double>) {
    let rowPanels = (order + tileRows - 1) / tileRows
    let panelSize = rowPanels * tileRows * tileColumns
    let count = (columns + tileColumns - 1) / tileColumns
    for panel in 0..<count {
      let to = panels + panel * panelSize
      var lines = self.lines(b, columns, panel)
      ckernels_dense_pack_columns(&lines, to)
      (to + order * tileColumns).update(repeating: 0, count: panelSize - order * tileColumns)
    }
    let step = max(1, TriangularSolve.depth / tileRows)
    for first in stride(from: zeros, to: rowPanels, by: step) {
      for panel in 0..<count {
        var part = ckernels_dense_solve(
          first: first, last: min(first + step, rowPanels), zeros: zeros, l: packed.base,
          b: panels + panel * panelSize)
        ckernels_dense_solve_panel(&part)
      }
    }
    for panel in 0..<count {
      var lines = self.lines(b, columns, panel)
      ckernels_dense_unpack_columns(&lines, panels + panel * panelSize)
    }
  }

  /// The columns of a panel.
  private func lines(_ b: Elements, _ columns: Int, _ panel: Int) -> ckernels_dense_lines {
    let first = panel * tileColumns
    return b.from(0, first).transposed.lines(min(tileColumns, columns - first), k: order)
  }
}
