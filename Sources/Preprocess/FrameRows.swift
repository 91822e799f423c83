import System
internal import CResample

/// The rows of a camera's frame as pixels in one piece, upright: only what is asked for is converted.
///
/// Y, U and V become RGB in four bytes. A picture that lies on its side is read in bands of some rows, since each of
/// its rows is a column in memory.
struct FrameRows: PixelRows {
  let format: PixelFormat
  private let pixels: StoredPixels
  private let placement: FramePlacement
  /// [bandRows, width, 4] bytes, or one row where nothing is turned on its side.
  private let memory: UnsafeMutablePointer<UInt8>
  /// The rows that the band holds.
  private var band = 0..<0
  private let height: Int

  static let bandRows = 32

  /// The bytes of memory that the rows of a frame need.
  static func memoryBytes(_ frame: FrameView) -> Int {
    4 * frame.width * (frame.placement.isTransposed ? bandRows : 1)
  }

  /// - Parameter memory: `memoryBytes` bytes, which are the rows' own as long as they are read.
  init(_ frame: FrameView, isa: UnsafePointer<cresample_isa>, memory: UnsafeMutablePointer<UInt8>) {
    pixels = StoredPixels(frame, isa: isa)
    format = pixels.format
    placement = frame.placement
    height = frame.height
    self.memory = memory
  }

  mutating func copy(row: Int, from first: Int, count: Int, to target: UnsafeMutablePointer<UInt8>) {
    if placement.isTransposed {
      let step = format.bytesPerPixel
      target.update(from: locate(row: row, from: first, count: count), count: count * step)
    } else {
      write(row: row, from: first, count: count, to: target)
    }
  }

  mutating func locate(row: Int, from first: Int, count: Int) -> UnsafePointer<UInt8> {
    guard placement.isTransposed else {
      write(row: row, from: first, count: count, to: memory)
      return UnsafePointer(memory)
    }
    if !band.contains(row) {
      // The same columns are asked for in every row of a pass; rows ascend, but for a second pass.
      band = row..<min(row + Self.bandRows, height)
      fillBand(from: first, count: count)
    }
    return UnsafePointer(memory + (row - band.lowerBound) * count * format.bytesPerPixel)
  }

  /// Writes pixels of a row that is one in memory too.
  private func write(row: Int, from first: Int, count: Int, to target: UnsafeMutablePointer<UInt8>) {
    let stored = placement.firstRow + placement.rowStep * row
    let column = placement.firstColumn + placement.columnStep * first
    if placement.columnStep > 0 {
      pixels.write(row: stored, from: column, count: count, to: target)
    } else {
      pixels.write(row: stored, from: column - count + 1, count: count, to: target)
      Self.reverse(target, count: count, step: format.bytesPerPixel)
    }
  }

  /// Fills the band's rows with columns `first ..< first + count`, each of which is a row in memory.
  private func fillBand(from first: Int, count: Int) {
    let step = format.bytesPerPixel
    let rows = band.count
    let from = placement.firstColumn + placement.columnStep * band.lowerBound
    let left = placement.columnStep > 0 ? from : from - rows + 1
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 4 * Self.bandRows) { buffer in
      // A temporary allocation of a fixed size above 0 has an address.
      guard let across = buffer.baseAddress else { return }
      for column in 0..<count {
        let stored = placement.firstRow + placement.rowStep * (first + column)
        pixels.write(row: stored, from: left, count: rows, to: across)
        if placement.columnStep < 0 { Self.reverse(across, count: rows, step: step) }
        let target = memory + column * step
        if step == 4 {
          let (from, to) = (UnsafeRawPointer(across), UnsafeMutableRawPointer(target))
          for row in 0..<rows {
            let pixel = from.loadUnaligned(fromByteOffset: 4 * row, as: UInt32.self)
            to.storeBytes(of: pixel, toByteOffset: 4 * row * count, as: UInt32.self)
          }
        } else {
          for row in 0..<rows {
            for byte in 0..<step { target[row * count * step + byte] = across[row * step + byte] }
          }
        }
      }
    }
  }

  private static func reverse(_ pixels: UnsafeMutablePointer<UInt8>, count: Int, step: Int) {
    if step == 4 {
      // Whole pixels at once, at any address.
      let raw = UnsafeMutableRawPointer(pixels)
      var (left, right) = (0, 4 * (count - 1))
      while left < right {
        let pixel = raw.loadUnaligned(fromByteOffset: left, as: UInt32.self)
        raw.storeBytes(
          of: raw.loadUnaligned(fromByteOffset: right, as: UInt32.self), toByteOffset: left, as: UInt32.self)
        raw.storeBytes(of: pixel, toByteOffset: right, as: UInt32.self)
        left += 4
        right -= 4
      }
      return
    }
    var (left, right) = (pixels, pixels + (count - 1) * step)
    while left < right {
      for byte in 0..<step { swap(&left[byte], &right[byte]) }
      left += step
      right -= step
    }
  }
}

/// A frame's pixels as they are stored, converted to pixels in one piece a run at a time.
private struct StoredPixels {
  let format: PixelFormat
  private let frame: FrameFormat
  private let planes: FrameView.Planes
  private let matrix: cresample_matrix
  private let isa: UnsafePointer<cresample_isa>

  init(_ frame: FrameView, isa: UnsafePointer<cresample_isa>) {
    self.frame = frame.format
    self.planes = frame.planes
    self.matrix = cresample_matrix(frame.matrix, frame.range)
    self.isa = isa
    if case .pixels(let pixels) = frame.format { format = pixels } else { format = .rgbx }
  }

  /// Writes `count` pixels of a stored row, from stored column `first` on.
  @inline(__always)
  func write(row: Int, from first: Int, count: Int, to target: UnsafeMutablePointer<UInt8>) {
    if case .pixels = frame {
      let step = format.bytesPerPixel
      target.update(from: planes.bases.0 + row * planes.strides.0 + first * step, count: count * step)
      return
    }
    var (values, matrix) = (yuv(row: row), matrix)
    isa.pointee.rgbx(&values, &matrix, first, count, target)
  }

  /// The places of a stored row's Y, U and V.
  private func yuv(row: Int) -> cresample_yuv {
    let y = planes.bases.0 + row * planes.strides.0
    func chroma(_ row: Int) -> (UnsafePointer<UInt8>, UnsafePointer<UInt8>) {
      (planes.bases.1 + row * planes.strides.1, planes.bases.2 + row * planes.strides.2)
    }
    func values(
      _ y: UnsafePointer<UInt8>, _ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>, step: Int = 1,
      chromaStep: Int, shift: Int = 1
    ) -> cresample_yuv {
      cresample_yuv(y: y, u: u, v: v, y_step: step, chroma_step: chromaStep, chroma_shift: shift)
    }
    let half = chroma(row / 2)
    switch frame {
    case .nv12: return values(y, half.0, half.0 + 1, chromaStep: 2)
    case .nv21: return values(y, half.0 + 1, half.0, chromaStep: 2)
    case .i420: return values(y, half.0, half.1, chromaStep: 1)
    case .yv12: return values(y, half.1, half.0, chromaStep: 1)
    case .nv24:
      let full = chroma(row).0
      return values(y, full, full + 1, chromaStep: 2, shift: 0)
    case .yuyv, .pixels: return values(y, y + 1, y + 3, step: 2, chromaStep: 4)
    case .uyvy: return values(y + 1, y, y + 2, step: 2, chromaStep: 4)
    }
  }
}
