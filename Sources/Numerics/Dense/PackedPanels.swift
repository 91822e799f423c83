/// Operands of the kernels of doubles: panels of `width` rows, [k][width] each, so that a kernel reads along memory.
enum PackedPanels {
  /// `rows` rounded up to whole panels.
  static func rounded(_ rows: Int, width: Int) -> Int { (rows + width - 1) / width * width }

  /// Packs rows [rows, k] to whole panels; rows that fill up the last one are zeros.
  static func pack(_ from: Elements, rows: Int, k: Int, width: Int, to: UnsafeMutablePointer<Double>) {
    var row = 0
    while row < rows {
      let count = min(width, rows - row)
      packPanel(from.from(row, 0), rows: count, k: k, width: width, to: to + row * k)
      row += width
    }
  }

  /// Packs up to `width` rows to one panel.
  static func packPanel(
    _ from: Elements, rows: Int, k: Int, width: Int, to: UnsafeMutablePointer<Double>
  ) {
    var (source, target) = (from.base, to)
    for _ in 0..<k {
      var element = source
      var row = 0
      while row < rows {
        target[row] = element.pointee
        element += from.rowStride
        row += 1
      }
      while row < width {
        target[row] = 0
        row += 1
      }
      source += from.columnStride
      target += width
    }
  }

  /// Writes a panel's rows back to where they were packed from.
  static func unpackPanel(
    _ from: UnsafePointer<Double>, rows: Int, k: Int, width: Int, to: Elements
  ) {
    var (source, target) = (from, to.base)
    for _ in 0..<k {
      var element = target
      for row in 0..<rows {
        element.pointee = source[row]
        element += to.rowStride
      }
      source += width
      target += to.columnStride
    }
  }
}
