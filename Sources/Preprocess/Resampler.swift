/// Pillow's two-pass bicubic resize of the crop's pixels only.
///
/// Source rows are resized horizontally to 8 bits once, as they are first needed, and kept in a
/// ring just long enough for the vertical filter, so the scratch stays in cache and does not grow
/// with the image. Restricting the work to the crop changes no bit: every output pixel depends on
/// its own weights alone. The width always goes first, as in the Pillow the released models were
/// trained and measured with; Pillow 13 takes the height first for some pictures much taller than
/// wide, which rounds differently. An axis that keeps its length gets weights 0, 1, 0 and so is copied.
struct Resampler: ~Copyable {
  private let size: Int
  private let horizontal: BicubicAxis
  private let vertical: BicubicAxis
  private let ring: HeapArray<UInt8>  // [vertical.taps, size, 3]
  private let sums: HeapArray<Int32>  // [size, 3]
  private let output: HeapArray<UInt8>  // [size, 3]

  /// For sources of width x height pixels. Memory: at most a few MB, whatever the source.
  init(width: Int, height: Int, geometry: ResizeGeometry, size: Int) throws(PreprocessError) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let horizontal = try BicubicAxis(
      source: width, resized: geometry.width, first: geometry.left, count: size)
    let vertical = try BicubicAxis(
      source: height, resized: geometry.height, first: geometry.top, count: size)
    let ring = try HeapArray<UInt8>(count: vertical.taps * size * 3)
    let sums = try HeapArray<Int32>(count: size * 3)
    let output = try HeapArray<UInt8>(count: size * 3)
    self.size = size
    self.horizontal = horizontal
    self.vertical = vertical
    self.ring = ring
    self.sums = sums
    self.output = output
  }

  /// Calls `emit` for each row of the crop, top to bottom, with [size, 3] RGB bytes.
  @inline(__always)
  func forEachRow(of image: ImageView, emit: (Int, UnsafePointer<UInt8>) -> Void) {
    var nextSourceRow = vertical.starts.base[0]
    var row = 0
    while row < size {
      let end = vertical.starts.base[row] + vertical.lengths.base[row]
      while nextSourceRow < end {
        resizeRow(nextSourceRow, of: image)
        nextSourceRow += 1
      }
      sumRows(for: row)
      emit(row, output.base)
      row += 1
    }
  }

  private func ringRow(_ sourceRow: Int) -> UnsafeMutablePointer<UInt8> {
    ring.base + (sourceRow % vertical.taps) * size * 3
  }

  private func resizeRow(_ sourceRow: Int, of image: ImageView) {
    let source = image.base + sourceRow * image.rowStride
    let target = ringRow(sourceRow)
    // Constant steps and offsets: each call becomes its own loop.
    switch image.format {
    case .rgb: resizeColour(source, step: 3, red: 0, blue: 2, into: target)
    case .bgr: resizeColour(source, step: 3, red: 2, blue: 0, into: target)
    case .rgba: resizeColour(source, step: 4, red: 0, blue: 2, into: target)
    case .bgra: resizeColour(source, step: 4, red: 2, blue: 0, into: target)
    case .gray: resizeGray(source, into: target)
    }
  }

  @inline(__always)
  private func resizeColour(
    _ source: UnsafePointer<UInt8>, step: Int, red: Int, blue: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    var target = target
    var weights = UnsafePointer(horizontal.weights.base)
    var column = 0
    while column < size {
      var pixel = source + horizontal.starts.base[column] * step
      let length = horizontal.lengths.base[column]
      var (r, g, b) = (BicubicAxis.half, BicubicAxis.half, BicubicAxis.half)
      var tap = 0
      while tap < length {
        let weight = weights[tap]
        r &+= Int32(pixel[red]) &* weight
        g &+= Int32(pixel[1]) &* weight
        b &+= Int32(pixel[blue]) &* weight
        pixel += step
        tap &+= 1
      }
      target[0] = BicubicAxis.clip(r)
      target[1] = BicubicAxis.clip(g)
      target[2] = BicubicAxis.clip(b)
      target += 3
      weights += horizontal.taps
      column &+= 1
    }
  }

  private func resizeGray(
    _ source: UnsafePointer<UInt8>, into target: UnsafeMutablePointer<UInt8>
  ) {
    var target = target
    var weights = UnsafePointer(horizontal.weights.base)
    var column = 0
    while column < size {
      let pixel = source + horizontal.starts.base[column]
      let length = horizontal.lengths.base[column]
      var sum = BicubicAxis.half
      var tap = 0
      while tap < length {
        sum &+= Int32(pixel[tap]) &* weights[tap]
        tap &+= 1
      }
      let value = BicubicAxis.clip(sum)
      target[0] = value
      target[1] = value
      target[2] = value
      target += 3
      weights += horizontal.taps
      column &+= 1
    }
  }

  /// The vertical pass for one row of the crop, left in `output`.
  private func sumRows(for row: Int) {
    let count = size * 3
    let sums = sums.base
    sums.update(repeating: BicubicAxis.half, count: count)
    let weights = vertical.weights.base + row * vertical.taps
    let start = vertical.starts.base[row]
    let length = vertical.lengths.base[row]
    var tap = 0
    while tap < length {
      let weight = weights[tap]
      let source = ringRow(start + tap)
      var index = 0
      while index < count {
        sums[index] &+= Int32(source[index]) &* weight
        index &+= 1
      }
      tap &+= 1
    }
    var index = 0
    while index < count {
      output.base[index] = BicubicAxis.clip(sums[index])
      index &+= 1
    }
  }
}
