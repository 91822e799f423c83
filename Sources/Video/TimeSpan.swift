import System

/// A part of a video, from `start` up to `end`, in seconds from the first frame.
public struct TimeSpan: Equatable, Sendable {
  public let start: Double
  /// The end in seconds, which may lie after the video's end; infinity means the video's end.
  public let end: Double

  /// - Throws: `.invalidArgument` unless 0 <= `start` < `end` and `start` is finite.
  public init(from start: Double, to end: Double) throws(Failure) {
    guard start >= 0, start.isFinite else {
      throw .argument("start is \(start), expected seconds from the first frame, 0 or more")
    }
    guard end > start else { throw .argument("end is \(end), expected more than start, which is \(start)") }
    self.start = start
    self.end = end
  }
}

/// Finds the frames of a time span in a video whose frame times are given in order.
///
/// A frame is in the span if its time is, both rounded to milliseconds, since times in lists are rounded. So spans that
/// follow each other share no frame. A span in which no frame begins has one frame, the one that is shown at its start.
struct SpanSearch {
  private let start: Double  // milliseconds
  private let end: Double  // milliseconds
  private var framesBefore = 0
  private var framesInside = 0

  init(_ span: TimeSpan) {
    start = Self.milliseconds(span.start)
    end = max(Self.milliseconds(span.end), start + 1)
  }

  /// Takes the next frame's time. False if neither this frame nor a later one is in the span.
  mutating func add(_ seconds: Double) -> Bool {
    let time = Self.milliseconds(seconds)
    if time >= end { return false }
    if time < start { framesBefore += 1 } else { framesInside += 1 }
    return true
  }

  /// Whether a video that ends after `seconds` ends before the span.
  func isAfter(_ seconds: Double) -> Bool { framesInside == 0 && Self.milliseconds(seconds) <= start }

  /// The indices of the span's frames, at least one.
  var frames: Range<Int> {
    if framesInside > 0 { return framesBefore..<framesBefore + framesInside }
    let shown = max(0, framesBefore - 1)
    return shown..<shown + 1
  }

  private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() }
}
