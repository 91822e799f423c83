/// A picture that a resize reads row by row, and of each row the columns that the crop needs.
protocol PixelRows {
  /// The layout of the pixels that are given.
  var format: PixelFormat { get }

  /// Writes `count` pixels of a row, from column `first` on, to `target`.
  mutating func copy(row: Int, from first: Int, count: Int, to target: UnsafeMutablePointer<UInt8>)

  /// The address of `count` pixels of a row, from column `first` on: in place, or in memory of the picture's own, which
  /// the next call overwrites.
  mutating func locate(row: Int, from first: Int, count: Int) -> UnsafePointer<UInt8>
}

extension ImageView: PixelRows {
  @inline(__always)
  func locate(row: Int, from first: Int, count: Int) -> UnsafePointer<UInt8> {
    base + row * rowStride + first * format.bytesPerPixel
  }

  @inline(__always)
  func copy(row: Int, from first: Int, count: Int, to target: UnsafeMutablePointer<UInt8>) {
    target.update(from: locate(row: row, from: first, count: count), count: count * format.bytesPerPixel)
  }
}
