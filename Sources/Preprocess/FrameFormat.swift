/// The layout of a camera's frame in memory.
public enum FrameFormat: Sendable, BitwiseCopyable, Equatable {
  /// One plane of whole pixels.
  case pixels(PixelFormat)
  /// Y at full size; then, at half the width and height, U and V in turn (NV12) or V and U (NV21).
  case nv12, nv21
  /// Y at full size; then, at half the width and height, a plane of U and one of V (I420), or of V and one of U (YV12).
  case i420, yv12
  /// Y at full size; then U and V in turn, at full size too.
  case nv24
  /// One plane; two pixels share Y U Y V (YUYV), or U Y V Y (UYVY).
  case yuyv, uyvy

  public var name: String {
    switch self {
    case .pixels(let format):
      switch format {
      case .rgb: "RGB"
      case .bgr: "BGR"
      case .rgba: "RGBA"
      case .bgra: "BGRA"
      case .gray: "GRAY"
      case .rgbx: "RGBX"
      case .bgrx: "BGRX"
      case .gray16: "GRAY16"
      }
    case .nv12: "NV12"
    case .nv21: "NV21"
    case .i420: "I420"
    case .yv12: "YV12"
    case .nv24: "NV24"
    case .yuyv: "YUYV"
    case .uyvy: "UYVY"
    }
  }

  public var planes: Int {
    switch self {
    case .pixels, .yuyv, .uyvy: 1
    case .nv12, .nv21, .nv24: 2
    case .i420, .yv12: 3
    }
  }

  /// Bytes of a row, and the number of rows, of a plane of a picture of `width` x `height` pixels. Where two pixels
  /// share a U and V, an odd last one has them alone.
  public func extent(ofPlane plane: Int, width: Int, height: Int) -> (bytes: Int, rows: Int) {
    let (pairs, rowPairs) = ((width + 1) / 2, (height + 1) / 2)
    return switch self {
    case .pixels(let format): (width * format.bytesPerPixel, height)
    case .yuyv, .uyvy: (4 * pairs, height)
    case .nv12, .nv21: plane == 0 ? (width, height) : (2 * pairs, rowPairs)
    case .i420, .yv12: plane == 0 ? (width, height) : (pairs, rowPairs)
    case .nv24: plane == 0 ? (width, height) : (2 * width, height)
    }
  }
}
