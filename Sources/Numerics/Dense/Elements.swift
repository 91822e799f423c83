import CKernels

/// Where the elements of a matrix lie, in memory that somebody else keeps alive: for loops that touch no reference
/// count.
struct Elements: @unchecked Sendable {
  // Unchecked: as for the matrix that owns the memory.
  let base: UnsafeMutablePointer<Double>
  /// Doubles from an element to the one below it, and to the one beside it; negative where the order is reversed.
  let rowStride, columnStride: Int

  func at(_ row: Int, _ column: Int) -> UnsafeMutablePointer<Double> {
    base + (row * rowStride + column * columnStride)
  }

  /// The elements from this place on.
  func from(_ row: Int, _ column: Int) -> Elements {
    Elements(base: at(row, column), rowStride: rowStride, columnStride: columnStride)
  }

  var transposed: Elements { Elements(base: base, rowStride: columnStride, columnStride: rowStride) }

  /// Rows of k numbers, or the columns of the transpose, for the kernels that pack them.
  func lines(_ rows: Int, k: Int) -> ckernels_dense_lines {
    ckernels_dense_lines(from: base, count: rows, k: k, across: rowStride, along: columnStride)
  }

  /// The elements with the first of `rows` rows at the end.
  func reversingRows(_ rows: Int) -> Elements {
    Elements(base: at(max(rows - 1, 0), 0), rowStride: -rowStride, columnStride: columnStride)
  }
}

/// `count` rounded up to whole units of `unit`.
func rounded(_ count: Int, to unit: Int) -> Int { (count + unit - 1) / unit * unit }
