import System

/// A report on an event: a label was on from one time to another. Times are in nanoseconds, on the windows' clock.
public struct Event: BitwiseCopyable, Equatable, Sendable {
  public enum Kind: Int32, BitwiseCopyable, Sendable {
    case started = 1
    case updated = 2
    case ended = 3
  }

  public var kind: Kind
  /// Index of the label.
  public var label: Int
  /// Number of the event among all of its tracker, from 0: the same in each of its reports.
  public var number: Int64
  public var start: Int64
  /// End of the event; as long as it has none, the time until which its label is known to be on.
  public var end: Int64
  /// End of the window by which this was known.
  public var decided: Int64
  /// Moment of the window with the largest smoothed score, which is `peak`.
  public var peakTime: Int64
  public var peak: Double
  /// Mean of the smoothed scores of the event's windows.
  public var mean: Double
}
