import System
internal import CShims

/// Decides whether a call may continue: it ends at its time limit, or when the calling thread's cancel token is set. It
/// is checked whenever FFmpeg reads, and between packets and frames. A call that is over stays over, because FFmpeg
/// takes a refused read for the end of the file.
final class Allowance {
  /// The most pixels that one decoding of the video may have in all.
  let pixels: Int64
  /// The pixels that each byte of the file allows, for messages.
  let pixelsPerByte: Int64
  private let milliseconds: Int64
  private var deadline: MonotonicTime?
  /// The reason why the call is over; nil while it may continue.
  private(set) var stopped: Failure?

  init(_ limits: ReadingLimits, size: Int64) {
    milliseconds = limits.milliseconds(of: size)
    pixels = limits.pixels(of: size)
    pixelsPerByte = limits.pixelsPerByte
    begin()
  }

  /// Starts a new call and its time limit.
  func begin() {
    stopped = nil
    let (nanoseconds, overflow) = max(0, milliseconds).multipliedReportingOverflow(by: 1_000_000)
    deadline = overflow ? nil : MonotonicTime.now.advanced(by: nanoseconds)
  }

  /// Ends the call with `reason`, unless it has ended already.
  func stop(_ reason: Failure) {
    if stopped == nil { stopped = reason }
  }

  /// Whether the call is over. It reads the clock and the cancel token.
  var isOver: Bool {
    if stopped != nil { return true }
    if cshims_is_cancelled() != 0 {
      stopped = .cancelled
    } else if let deadline, MonotonicTime.now >= deadline {
      stopped = Failure(
        .timeLimit,
        "the video took longer than the \(milliseconds) ms that a call may take (option max_milliseconds)")
    }
    return stopped != nil
  }

  /// Throws if the call is over.
  func check() throws(Failure) {
    if isOver, let stopped { throw stopped }
  }
}
