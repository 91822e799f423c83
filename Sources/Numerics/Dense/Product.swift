import CKernels
import System

/// A product of doubles, c += scale · a · b, in blocks that fit the caches. An element's sum is taken over blocks of k
/// from first to last, whatever the shapes, the cut into blocks and the number of threads.
struct Product {
  let a: Elements  // [rows, k]
  let b: Elements  // [k, columns]
  let c: Elements  // [rows, columns], numbers of a row side by side
  let rows, k, columns: Int
  let scale: Double
  /// True where elements below the diagonal of c are not wanted. Some of them are changed all the same.
  var upperOnly = false

  /// The numbers of k that are multiplied at a time: a panel of B stays in the first-level cache.
  private static let depth = 256
  /// The most rows and columns that are packed at a time.
  private static let packed = 2048
  /// The rows and columns of a task, about 0.1 ms of work: its rows of A stay in the second-level cache. The rows fill
  /// whole tiles of every isa.
  private static let (taskRows, taskColumns) = (96, 192)
  /// The multiplications that are worth more than one thread.
  private static let sharedWork = 1 << 21

  /// Computes the product. It fails where scratch memory is refused or the calling thread is cancelled; then some
  /// elements have been changed.
  func run(_ pool: ThreadPool?) throws(Failure) {
    guard rows > 0, columns > 0, k > 0 else { return }
    let (tileRows, tileColumns) = (ckernels_dense_rows(), ckernels_dense_columns())
    let depth = min(k, Product.depth)
    let aCount = PackedPanels.rounded(min(rows, Product.packed), width: tileRows) * depth
    let bCount = PackedPanels.rounded(min(columns, Product.packed), width: tileColumns) * depth
    let memory = try DenseMemory(count: aCount + bCount)
    let pool = Double(rows) * Double(columns) * Double(k) < Double(Product.sharedWork) ? nil : pool
    for left in stride(from: 0, to: columns, by: Product.packed) {
      let right = min(left + Product.packed, columns)
      for first in stride(from: 0, to: k, by: depth) {
        for top in stride(from: 0, to: upperOnly ? min(right, rows) : rows, by: Product.packed) {
          try checkCancelled()
          let block = Block(
            product: self, rows: top..<min(top + Product.packed, rows), columns: left..<right,
            k: first..<min(first + depth, k), a: memory.base, b: memory.base + aCount, tileRows: tileRows,
            tileColumns: tileColumns)
          block.pack(withB: top == 0, pool)
          block.multiply(pool)
        }
      }
    }
  }

  /// Rows and columns of c, and a part of k, whose operands are packed together.
  private struct Block {
    let product: Product
    let rows, columns, k: Range<Int>
    let a, b: UnsafeMutablePointer<Double>  // packed
    let tileRows, tileColumns: Int

    func pack(withB: Bool, _ pool: ThreadPool?) {
      let (aTasks, bTasks) = (tasks(rows, taskRows), withB ? tasks(columns, taskColumns) : 0)
      pool.share(aTasks + bTasks) { index, _ in
        if index < aTasks {
          pack(product.a, rows, index, taskRows, width: tileRows, to: a)
        } else {
          pack(product.b.transposed, columns, index - aTasks, taskColumns, width: tileColumns, to: b)
        }
      }
    }

    private func pack(
      _ from: Elements, _ all: Range<Int>, _ index: Int, _ share: Int, width: Int,
      to: UnsafeMutablePointer<Double>
    ) {
      let first = index * share
      PackedPanels.pack(
        from.from(all.lowerBound + first, k.lowerBound), rows: min(share, all.count - first), k: k.count,
        width: width, to: to + first * k.count)
    }

    private func tasks(_ range: Range<Int>, _ share: Int) -> Int { (range.count + share - 1) / share }

    func multiply(_ pool: ThreadPool?) {
      let across = tasks(columns, taskColumns)
      pool.share(tasks(rows, taskRows) * across) { index, _ in
        let (i, j) = (index / across * taskRows, index % across * taskColumns)
        multiply(rows: i..<min(i + taskRows, rows.count), columns: j..<min(j + taskColumns, columns.count))
      }
    }

    /// Multiplies rows and columns counted from those of the block, one panel of B after the other.
    private func multiply(rows own: Range<Int>, columns: Range<Int>) {
      for column in stride(from: columns.lowerBound, to: columns.upperBound, by: tileColumns) {
        let live = min(tileColumns, columns.upperBound - column)
        var end = own.upperBound
        if product.upperOnly {
          end = min(end, self.columns.lowerBound + column + live - rows.lowerBound)
          if end <= own.lowerBound { continue }
        }
        var part = ckernels_dense_product(
          rows: end - own.lowerBound, columns: live, k: k.count, scale: product.scale,
          a: a + own.lowerBound * k.count, b: b + column * k.count,
          c: product.c.at(rows.lowerBound + own.lowerBound, self.columns.lowerBound + column),
          stride: product.c.rowStride)
        ckernels_dense_multiply(&part)
      }
    }

    private var taskRows: Int { Product.taskRows }
    private var taskColumns: Int { Product.taskColumns }
  }
}
