/// A part of a video that a search found: its best window, with the windows beside it that show the same.
public struct Moment: BitwiseCopyable, Sendable {
  /// The row of the best window.
  public let row: Int
  /// The best window's cosine similarity to the query.
  public let score: Double
  /// Seconds from the video's beginning.
  public var start: Double
  public var end: Double
  /// The best window's seconds.
  public let peakStart: Double
  public let peakEnd: Double
}
