import System
internal import CResample

/// Pillow's two-pass resize of the crop's pixels only, bicubic or bilinear.
///
/// Source rows are resized horizontally to 8 bits once, as they are first needed, and kept in a
/// ring just long enough for the vertical filter, so the scratch stays in cache and does not grow
/// with the image. Restricting the work to the crop changes no bit: every output pixel depends on
/// its own weights alone. The width always goes first, as in the Pillow the released models were
/// trained and measured with; Pillow 13 takes the height first for some pictures much taller than
/// wide, which rounds differently. An axis that keeps its length gets weights 0, 1, 0 and so is copied.
struct Resampler: ~Copyable {
  /// The crop's sides.
  private let columns: Int
  private let rowCount: Int
  private let horizontal: PillowAxis
  private let vertical: PillowAxis
  private let isa: UnsafePointer<cresample_isa>
  /// The number of rows in the ring, and the bytes from one to the next.
  private let ringRows: Int
  private let stride: Int
  private let ring: GrowingArray<UInt8>  // [ringRows + 1, stride]; the last is for rows that are not wanted
  private let output: GrowingArray<UInt8>  // [stride]
  /// Copies of four source rows with padding: vector code reads beyond a row, where the caller's memory may end.
  private let pixels: GrowingArray<UInt8>  // [4, pixelStride]
  private let pixelStride: Int
  private let rows: GrowingArray<UnsafePointer<UInt8>?>  // [vertical.taps]
  private let firstColumn: Int

  private static let atOnce = Int(CRESAMPLE_ROWS)

  /// The channels to resize. All cases but the first take pixels of four bytes.
  enum Source {
    case colours
    /// Colours composited on white by their alpha.
    case onWhite
    /// Colours multiplied by their alpha.
    case premultiplied
    /// The alpha in all three channels.
    case alpha
  }

  /// Prepares for sources of width x height pixels and a square crop.
  init(
    width: Int, height: Int, geometry: ResizeGeometry, size: Int, filter: PillowFilter = .bicubic,
    isa: Int = 0
  ) throws(Failure) {
    try self.init(
      width: width, height: height, geometry: geometry, columns: size, rows: size, filter: filter, isa: isa)
  }

  /// Prepares for sources of width x height pixels and a crop of columns x rows. Memory: at most a few MB, whatever the
  /// source.
  /// - Parameter isa: the index of the instruction set that computes, among those that the processor runs, best first.
  init(
    width: Int, height: Int, geometry: ResizeGeometry, columns: Int, rows rowCount: Int,
    filter: PillowFilter = .bicubic, isa: Int = 0
  ) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let horizontal = try PillowAxis(
      filter, source: width, resized: geometry.width, first: geometry.left, count: columns,
      multiple: Int(CRESAMPLE_TAPS))
    let vertical = try PillowAxis(
      filter, source: height, resized: geometry.height, first: geometry.top, count: rowCount, multiple: 2)
    let ringRows = vertical.used + Self.atOnce
    let slack = Int(CRESAMPLE_SLACK)
    // One more byte than the pixels is written, and whole blocks are read.
    let stride = (columns * 3 + 1 + slack - 1) / slack * slack
    let ring = try GrowingArray<UInt8>(repeating: 0, count: (ringRows + 1) * stride)
    let output = try GrowingArray<UInt8>(repeating: 0, count: stride)
    // Counted from the first column that is needed.
    let firstColumn = Int(horizontal.starts.base[0])
    let lastStart = Int(horizontal.starts.base[columns - 1]) - firstColumn
    let sourceColumns = max(horizontal.end - firstColumn, lastStart + horizontal.taps)
    let pixelStride = (sourceColumns * 4 + slack - 1) / slack * slack + slack
    let pixels = try GrowingArray<UInt8>(repeating: 0, count: Self.atOnce * pixelStride)
    let rows = try GrowingArray<UnsafePointer<UInt8>?>(uninitialized: vertical.taps)
    guard let isa = cresample_isa_at(isa) else {
      throw .argument("instruction set \(isa) of resizing does not exist here")
    }
    for column in 0..<columns { horizontal.starts.base[column] -= Int32(firstColumn) }
    self.columns = columns
    self.rowCount = rowCount
    self.horizontal = horizontal
    self.vertical = vertical
    self.isa = isa
    self.ringRows = ringRows
    self.stride = stride
    self.ring = ring
    self.output = output
    self.pixels = pixels
    self.pixelStride = pixelStride
    self.rows = rows
    self.firstColumn = firstColumn
  }

  /// Calls `emit` for each row of the crop, top to bottom, with [columns, 3] RGB bytes.
  @inline(__always)
  func forEachRow(
    of picture: inout some PixelRows, _ source: Source = .colours, emit: (Int, UnsafePointer<UInt8>) -> Void
  ) {
    var next = Int(vertical.starts.base[0])
    var row = 0
    while row < rowCount {
      let end = min(Int(vertical.starts.base[row]) + vertical.used, vertical.end)
      while next < end {
        let count = min(Self.atOnce, vertical.end - next)
        resizeRows(next, count, of: &picture, source)
        next += count
      }
      sumRows(for: row)
      emit(row, output.base)
      row += 1
    }
  }

  private func ringRow(_ sourceRow: Int) -> UnsafeMutablePointer<UInt8> {
    ring.base + (sourceRow % ringRows) * stride
  }

  /// Resizes rows `first ..< first + count` horizontally into the ring.
  private func resizeRows(_ first: Int, _ count: Int, of picture: inout some PixelRows, _ source: Source) {
    let step = picture.format.bytesPerPixel
    let sourceColumns = horizontal.end - firstColumn
    for row in 0..<count {
      picture.copy(
        row: first + row, from: firstColumn, count: sourceColumns, to: pixels.base + row * pixelStride)
    }
    if source == .premultiplied || source == .onWhite {
      for row in 0..<count {
        let row = pixels.base + row * pixelStride
        if source == .onWhite {
          Alpha.layOnWhite(row, count: sourceColumns)
        } else {
          Alpha.multiply(row, count: sourceColumns)
        }
      }
    }
    let (red, green, blue) = source == .alpha ? (3, 3, 3) : picture.format.channels
    let channels = (UInt8(red), UInt8(green), UInt8(blue))
    var axis = cresample_axis(
      count: columns, taps: horizontal.taps, used: horizontal.used, starts: horizontal.starts.base,
      high: horizontal.high.base, low: horizontal.low.base)
    withUnsafeTemporaryAllocation(of: UnsafePointer<UInt8>?.self, capacity: Self.atOnce) { from in
      withUnsafeTemporaryAllocation(of: UnsafeMutablePointer<UInt8>?.self, capacity: Self.atOnce) { to in
        for row in 0..<Self.atOnce {
          from[row] = UnsafePointer(pixels.base + row * pixelStride)
          to[row] = row < count ? ringRow(first + row) : ring.base + ringRows * stride
        }
        withUnsafeBytes(of: channels) {
          isa.pointee.horizontal(
            &axis, from.baseAddress, step, $0.baseAddress?.assumingMemoryBound(to: UInt8.self),
            to.baseAddress)
        }
      }
    }
  }

  /// Computes one row of the crop, by the vertical pass, into `output`.
  private func sumRows(for row: Int) {
    let start = Int(vertical.starts.base[row])
    // Beyond the last row weights are 0, so any row will do.
    for tap in 0..<vertical.taps {
      rows.base[tap] = UnsafePointer(ringRow(min(start + tap, vertical.end - 1)))
    }
    let weights = row * vertical.taps
    isa.pointee.vertical(
      columns * 3, vertical.taps, rows.base, vertical.high.base + weights, vertical.low.base + weights,
      output.base)
  }
}
