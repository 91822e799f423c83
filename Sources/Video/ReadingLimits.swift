/// Limits on the time and work for one video. The defaults, far above what real videos need, guard against files made
/// to block a program.
public struct ReadingLimits: Sendable {
  /// The time limit of one call in milliseconds; nil means five minutes, and one second more for every 2048 bytes of
  /// the file. `Int64.max` means no limit.
  public var milliseconds: Int64?
  /// The pixels that one decoding may have for each byte of the file, beyond the 2^30 that any file may have.
  /// `Int64.max` means no limit.
  public var pixelsPerByte: Int64

  /// The default of `pixelsPerByte`: four times the ratio of a constant black picture of 3840x2160 in H.264.
  public static let defaultPixelsPerByte: Int64 = 1 << 17

  public init(milliseconds: Int64? = nil, pixelsPerByte: Int64 = defaultPixelsPerByte) {
    self.milliseconds = milliseconds
    self.pixelsPerByte = pixelsPerByte
  }

  private static let leastMilliseconds: Int64 = 300_000
  private static let bytesPerSecond: Int64 = 2048
  private static let pixelsOfAnyFile: Int64 = 1 << 30

  /// The limit in milliseconds for a file of `size` bytes.
  func milliseconds(of size: Int64) -> Int64 {
    milliseconds ?? Self.leastMilliseconds + size / Self.bytesPerSecond * 1000
  }

  func pixels(of size: Int64) -> Int64 {
    let (pixels, overflow) = size.multipliedReportingOverflow(by: pixelsPerByte)
    let (sum, overflows) = pixels.addingReportingOverflow(Self.pixelsOfAnyFile)
    return overflow || overflows ? .max : sum
  }
}
