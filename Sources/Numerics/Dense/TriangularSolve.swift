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
      let to = packed.base + TriangularSolve.offset(panel, tileRows)
      PackedPanels.packPanel(l.from(row, 0), rows: rows, k: row, width: tileRows, to: to)
      packDiagonal(l.from(row, row), rows: rows, to: to + row * tileRows)
    }
  }

  /// Where the rows of a panel begin, in doubles.
  private static func offset(_ panel: Int, _ tileRows: Int) -> Int {
    tileRows * tileRows * panel * (panel + 1) / 2
  }

  /// Packs a diagonal block, column by column, with the identity in rows that fill it up.
  private func packDiagonal(_ l: Elements, rows: Int, to: UnsafeMutablePointer<Double>) {
    for column in 0..<tileRows {
      for row in 0..<tileRows {
        let isLive = row < rows && column <= row
        to[column * tileRows + row] =
          row == column ? (isLive ? 1 / l.at(row, row).pointee : 1) : isLive ? l.at(row, column).pointee : 0
      }
    }
  }

  /// Overwrites b [order, columns] with L^-1 · b. It fails where scratch memory is refused or the calling thread is
  /// cancelled; then some columns have been changed.
  func run(_ b: Elements, columns: Int, _ pool: ThreadPool?) throws(Failure) {
    guard order > 0, columns > 0 else { return }
    let isShared = Double(order) * Double(order) * Double(columns) >= Double(TriangularSolve.sharedWork)
    let pool = isShared ? pool : nil
    let share = TriangularSolve.taskColumns
    let rows = PackedPanels.rounded(order, width: tileRows)
    let room = rows * PackedPanels.rounded(min(share, columns), width: tileColumns)
    let scratch = try DenseMemory(count: room * min(pool?.threads ?? 1, (columns + share - 1) / share))
    let base = scratch.base
    for start in stride(from: 0, to: columns, by: TriangularSolve.uncancelledColumns) {
      try checkCancelled()
      let count = min(TriangularSolve.uncancelledColumns, columns - start)
      pool.share((count + share - 1) / share) { index, slot in
        let first = index * share
        solve(b.from(0, start + first), columns: min(share, count - first), panels: base + slot * room)
      }
    }
  }

  /// Solves the columns of one task, in memory for their panels.
  private func solve(_ b: Elements, columns: Int, panels: UnsafeMutablePointer<Double>) {
    let rowPanels = (order + tileRows - 1) / tileRows
    let panelSize = rowPanels * tileRows * tileColumns
    let count = (columns + tileColumns - 1) / tileColumns
    for panel in 0..<count {
      let to = panels + panel * panelSize
      let own = min(tileColumns, columns - panel * tileColumns)
      PackedPanels.packPanel(
        b.from(0, panel * tileColumns).transposed, rows: own, k: order, width: tileColumns, to: to)
      (to + order * tileColumns).update(repeating: 0, count: panelSize - order * tileColumns)
    }
    let step = max(1, TriangularSolve.depth / tileRows)
    for first in stride(from: 0, to: rowPanels, by: step) {
      for panel in 0..<count {
        var part = ckernels_dense_solve(
          first: first, last: min(first + step, rowPanels), l: packed.base, b: panels + panel * panelSize)
        ckernels_dense_solve_panel(&part)
      }
    }
    for panel in 0..<count {
      let own = min(tileColumns, columns - panel * tileColumns)
      PackedPanels.unpackPanel(
        panels + panel * panelSize, rows: own, k: order, width: tileColumns,
        to: b.from(0, panel * tileColumns).transposed)
    }
  }
}
