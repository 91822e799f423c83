import System
internal import CResample

/// OpenCV's bilinear resize of the crop's pixels only, equal to cv2.resize(…, INTER_LINEAR) on 8 bits to
/// the last bit.
///
/// Each row of the crop is interpolated from two source rows, which are resized horizontally on demand and kept for
/// the next row: enlarging reuses them, shrinking skips most of the source.
struct BilinearResampler: ~Copyable {
  private let size: Int
  private let horizontal: BilinearAxis
  private let vertical: BilinearAxis
  private let rows: GrowingArray<Int16>  // [2, size * 3]
  private let output: GrowingArray<UInt8>  // [size * 3]
  /// The first source column that is needed, and the number of columns from it to the last one.
  private let firstColumn: Int
  private let columns: Int

  /// Prepares for sources of width x height pixels. Memory does not grow with the source.
  init(
    width: Int, height: Int, geometry: ResizeGeometry, size: Int
  ) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let horizontal = try BilinearAxis(
      source: width, resized: geometry.width, first: geometry.left, count: size, edge: .single)
    let vertical = try BilinearAxis(
      source: height, resized: geometry.height, first: geometry.top, count: size, edge: .twice)
    let rows = try GrowingArray<Int16>(uninitialized: 2 * size * 3)
    let output = try GrowingArray<UInt8>(uninitialized: size * 3)
    // Counted from the first column that is needed.
    let firstColumn = Int(horizontal.before.base[0])
    let columns = Int(horizontal.after.base[size - 1]) - firstColumn + 1
    for column in 0..<size {
      horizontal.before.base[column] -= Int32(firstColumn)
      horizontal.after.base[column] -= Int32(firstColumn)
    }
    self.size = size
    self.horizontal = horizontal
    self.vertical = vertical
    self.rows = rows
    self.output = output
    self.firstColumn = firstColumn
    self.columns = columns
  }

  /// Calls `emit` for each row of the crop, top to bottom, with [size, 3] RGB bytes.
  @inline(__always)
  func forEachRow(of picture: inout some PixelRows, emit: (Int, UnsafePointer<UInt8>) -> Void) {
    // The source rows in the two slots; never equal unless `before` and `after` are.
    var (first, second) = (-1, -1)
    var swapped = false
    for row in 0..<size {
      let before = Int(vertical.before.base[row])
      let after = Int(vertical.after.base[row])
      if before == second { (first, second, swapped) = (second, first, !swapped) }
      let above = rows.base + (swapped ? size * 3 : 0)
      let below = rows.base + (swapped ? 0 : size * 3)
      if before != first { resizeRow(before, of: &picture, into: above) }
      if after != second { resizeRow(after, of: &picture, into: below) }
      (first, second) = (before, after)
      cresample_bilinear_mix(
        size * 3, above, below, vertical.weights.base[2 * row], vertical.weights.base[2 * row + 1],
        output.base)
      emit(row, output.base)
    }
  }

  private func resizeRow(
    _ row: Int, of picture: inout some PixelRows, into target: UnsafeMutablePointer<Int16>
  ) {
    let (red, green, blue) = picture.format.channels
    let source = picture.locate(row: row, from: firstColumn, count: columns)
    cresample_bilinear_row(
      size, horizontal.before.base, horizontal.after.base, horizontal.weights.base, source,
      picture.format.bytesPerPixel, red, green, blue, target)
  }
}
