import System
internal import CShims
internal import Glibc

/// Decides whether the call under way may go on: it ends at its time limit, and when the cancel token that the
/// calling thread uses is set. Asked wherever FFmpeg reads, and between packets and frames. Once over, it stays over
/// until the next call begins, because FFmpeg takes a refused read for the end of the file.
final class Allowance {
  /// The pixels that one decoding of the video may have in all.
  let pixels: Int64
  let pixelsPerByte: Int64
  private let milliseconds: Int64
  private var deadline: UInt64?
  private(set) var stopped: Failure?

  init(_ limits: ReadingLimits, size: Int64) {
    milliseconds = limits.milliseconds(of: size)
    pixels = limits.pixels(of: size)
    pixelsPerByte = limits.pixelsPerByte
    begin()
  }

  /// Starts the time of a new call.
  func begin() {
    stopped = nil
    let (nanoseconds, overflow) = UInt64(max(0, milliseconds)).multipliedReportingOverflow(by: 1_000_000)
    let (end, overflows) = Self.now().addingReportingOverflow(nanoseconds)
    deadline = overflow || overflows ? nil : end
  }

  /// Ends the call with `reason`, unless it has ended already.
  func stop(_ reason: Failure) {
    if stopped == nil { stopped = reason }
  }

  var isOver: Bool {
    if stopped != nil { return true }
    if cshims_is_cancelled() != 0 {
      stopped = .cancelled
    } else if let deadline, Self.now() >= deadline {
      stopped = Failure(
        .timeLimit,
        "the video took longer than the \(milliseconds) ms that a call may take (option max_milliseconds)")
    }
    return stopped != nil
  }

  func check() throws(Failure) {
    if isOver, let stopped { throw stopped }
  }

  /// The monotonic clock in nanoseconds.
  private static func now() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) &* 1_000_000_000 &+ UInt64(time.tv_nsec)
  }
}
