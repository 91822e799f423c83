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
  /// Whether b holds zeros above its diagonal, which saves a third of the work.
  var isTriangular = false

  /// The numbers of k that are multiplied at a time: a panel of B stays in the first-level cache.
  private static let depth = 256
  /// The most columns of B that are packed at a time.
  private static let packedColumns = 2048
  /// The most rows and columns of a task, about 0.1 ms of work. Its packed rows of A stay in the second-level cache, and
  /// rows and columns fill whole panels of every isa.
  private static let (taskRows, taskColumns) = (96, 384)
  /// The rows that are multiplied between two looks at the cancel token.
  private static let uncancelledRows = 20 * taskRows
  /// The multiplications that are worth more than one thread.
  private static let sharedWork = 1 << 21

  /// Computes the product. It fails where scratch memory is refused or the calling thread is cancelled; then some
  /// elements have been changed.
  func run(_ pool: ThreadPool?) throws(Failure) {
    guard rows > 0, columns > 0, k > 0 else { return }
    let (tileRows, tileColumns) = (ckernels_dense_rows(), ckernels_dense_columns())
    let pool = Double(rows) * Double(columns) * Double(k) < Double(Product.sharedWork) ? nil : pool
    let depth = min(k, Product.depth)
    let bCount = rounded(min(columns, Product.packedColumns), to: tileColumns) * depth
    let aCount = rounded(min(rows, Product.taskRows), to: tileRows) * depth
    let memory = try DenseMemory(count: bCount + aCount * (pool?.threads ?? 1))
    for left in stride(from: 0, to: columns, by: Product.packedColumns) {
      for first in stride(from: isTriangular ? left / depth * depth : 0, to: k, by: depth) {
        let end = min(first + depth, k)
        let right = min(left + Product.packedColumns, columns, isTriangular ? end : columns)
        let block = Block(
          product: self, columns: left..<right, k: first..<end, b: memory.base, a: memory.base + bCount,
          aCount: aCount, tileColumns: tileColumns)
        block.pack(pool)
        let bottom = upperOnly ? min(right, rows) : rows
        for top in stride(from: 0, to: bottom, by: Product.uncancelledRows) {
          try checkCancelled()
          block.multiply(top..<min(top + Product.uncancelledRows, bottom), pool)
        }
      }
    }
  }

  /// Some columns of c, and a part of k, for which B is packed.
  private struct Block {
    let product: Product
    let columns, k: Range<Int>
    let b: UnsafeMutablePointer<Double>  // packed
    let a: UnsafeMutablePointer<Double>  // for each thread, the packed rows of a task
    let aCount: Int
    let tileColumns: Int

    func pack(_ pool: ThreadPool?) {
      let all = product.b.from(k.lowerBound, columns.lowerBound).transposed
      pool.share(columns.count, Product.taskColumns) { own, _ in
        var lines = all.from(own.lowerBound, 0).lines(own.count, k: k.count)
        ckernels_dense_pack_columns(&lines, b + own.lowerBound * k.count)
      }
    }

    /// Multiplies rows with all columns of the block.
    func multiply(_ rows: Range<Int>, _ pool: ThreadPool?) {
      let across = (columns.count + Product.taskColumns - 1) / Product.taskColumns
      let down = (rows.count + Product.taskRows - 1) / Product.taskRows
      pool.share(down * across, 1) { task, slot in
        let top = rows.lowerBound + task.lowerBound / across * Product.taskRows
        let left = columns.lowerBound + task.lowerBound % across * Product.taskColumns
        let right = min(left + Product.taskColumns, columns.upperBound)
        let bottom = min(top + Product.taskRows, rows.upperBound, product.upperOnly ? right : rows.upperBound)
        if top < bottom { multiply(top..<bottom, left..<right, packing: a + slot * aCount) }
      }
    }

    /// Packs rows of A and multiplies them with some columns, one panel of B after the other.
    private func multiply(
      _ rows: Range<Int>, _ own: Range<Int>, packing a: UnsafeMutablePointer<Double>
    ) {
      var lines = product.a.from(rows.lowerBound, k.lowerBound).lines(rows.count, k: k.count)
      ckernels_dense_pack_rows(&lines, a)
      for column in stride(from: own.lowerBound, to: own.upperBound, by: tileColumns) {
        let live = min(tileColumns, own.upperBound - column)
        let bottom = product.upperOnly ? min(rows.upperBound, column + live) : rows.upperBound
        if bottom <= rows.lowerBound { continue }
        var part = ckernels_dense_product(
          rows: bottom - rows.lowerBound, columns: live, k: k.count, scale: product.scale, a: a,
          b: b + (column - columns.lowerBound) * k.count, c: product.c.at(rows.lowerBound, column),
          stride: product.c.rowStride)
        ckernels_dense_multiply(&part)
      }
    }
  }
}
