/// How much one video may ask for, whatever its bytes are. Real videos stay far below the usual limits; they are for
/// files that were made to hold a program up.
public struct ReadingLimits: Sendable {
  /// Milliseconds that one call may take, from its beginning; nil: five minutes, and a second more for every
  /// 2048 bytes of the file. `Int64.max`: no limit.
  public var milliseconds: Int64?
  /// Pixels that may be decoded on one way through the video for each byte of the file, beyond the 2^30 that any
  /// file may have. `Int64.max`: no limit.
  public var pixelsPerByte: Int64

  /// Four times what a black picture of 3840x2160 that never changes comes to in H.264.
  public static let defaultPixelsPerByte: Int64 = 1 << 17

  public init(milliseconds: Int64? = nil, pixelsPerByte: Int64 = defaultPixelsPerByte) {
    self.milliseconds = milliseconds
    self.pixelsPerByte = pixelsPerByte
  }

  private static let leastMilliseconds: Int64 = 300_000
  private static let bytesPerSecond: Int64 = 2048
  private static let pixelsOfAnyFile: Int64 = 1 << 30

  /// The milliseconds for a file of `size` bytes.
  func milliseconds(of size: Int64) -> Int64 {
    milliseconds ?? Self.leastMilliseconds + min(size, 1 << 50) / Self.bytesPerSecond * 1000
  }

  func pixels(of size: Int64) -> Int64 {
    let (pixels, overflow) = size.multipliedReportingOverflow(by: pixelsPerByte)
    let (sum, overflows) = pixels.addingReportingOverflow(Self.pixelsOfAnyFile)
    return overflow || overflows ? .max : sum
  }
}
