import System

/// The order and number of bytes in one pixel that lies in one piece. Alpha is ignored but by `ResizeMode.clip` and
/// `.huggingFace`.
public enum PixelFormat: Sendable, CaseIterable, BitwiseCopyable {
  case rgb, bgr, rgba, bgra
  /// One byte of luminance, used for all three channels.
  case gray
  /// Four bytes, of which the last means nothing.
  case rgbx, bgrx
  /// Luminance of 16 bits in the processor's byte order. The upper byte is used.
  case gray16

  /// Bytes from one pixel to the next.
  public var bytesPerPixel: Int {
    switch self {
    case .rgb, .bgr: 3
    case .rgba, .bgra, .rgbx, .bgrx: 4
    case .gray: 1
    case .gray16: 2
    }
  }

  /// Whether a pixel's fourth byte is alpha.
  var hasAlpha: Bool { self == .rgba || self == .bgra }

  /// Positions of red, green and blue within a pixel.
  var channels: (red: Int, green: Int, blue: Int) {
    switch self {
    case .rgb, .rgba, .rgbx: (0, 1, 2)
    case .bgr, .bgra, .bgrx: (2, 1, 0)
    case .gray: (0, 0, 0)
    // Every processor that the library is built for has the upper byte last.
    case .gray16: (1, 1, 1)
    }
  }
}

/// An image in memory that somebody else owns, read in place and never copied as a whole.
///
/// The memory must stay readable and unchanged while the view is in use. Only the pixels
/// themselves are read: the padding of a row, and anything after the last pixel of the last
/// row, is never touched.
public struct ImageView: BitwiseCopyable, @unchecked Sendable {
  // Unchecked: a borrowed, read-only view, which its owner keeps alive.
  /// First byte of the top row.
  public let base: UnsafePointer<UInt8>
  public let width: Int
  public let height: Int
  /// Bytes from one row to the next.
  public let rowStride: Int
  public let format: PixelFormat

  /// The largest width and height taken: 65535 pixels.
  public static let maximumSide = 65535

  /// - Parameter rowStride: at least `width * format.bytesPerPixel`; 0 means the rows are packed.
  /// - Throws: `.invalidArgument` when a side is outside 1...65535 or the stride does not fit.
  public init(
    base: UnsafePointer<UInt8>, width: Int, height: Int, rowStride: Int = 0, format: PixelFormat
  ) throws(Failure) {
    guard (1...Self.maximumSide).contains(width), (1...Self.maximumSide).contains(height) else {
      throw .argument("image is \(width)x\(height) pixels; each side must be 1 to \(Self.maximumSide)")
    }
    let packed = width * format.bytesPerPixel
    let stride = rowStride == 0 ? packed : rowStride
    guard stride >= packed else {
      throw .argument(
        "image row_stride is \(rowStride) bytes; a row of \(width) pixels needs at least \(packed)")
    }
    let (_, overflow) = stride.multipliedReportingOverflow(by: height)
    guard !overflow else {
      throw .argument("image row_stride of \(rowStride) bytes times \(height) rows exceeds the address space")
    }
    self.init(checked: base, width: width, height: height, rowStride: stride, format: format)
  }

  /// Makes a view from numbers that have been checked.
  init(checked base: UnsafePointer<UInt8>, width: Int, height: Int, rowStride: Int, format: PixelFormat) {
    self.base = base
    self.width = width
    self.height = height
    self.rowStride = rowStride
    self.format = format
  }
}
