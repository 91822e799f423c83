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
