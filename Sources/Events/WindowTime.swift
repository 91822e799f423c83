import System

/// The time that a window covers, in nanoseconds.
public struct WindowTime: BitwiseCopyable, Equatable, Sendable {
  public var start: Int64
  public var end: Int64

  public init(start: Int64, end: Int64) {
    self.start = start
    self.end = end
  }

  /// Middle of the window, the moment that its scores are about.
  public var moment: Int64 { start + (end - start) / 2 }

  /// The time in the middle between the moments of two consecutive windows, where the second begins to count.
  static func between(_ first: WindowTime, _ second: WindowTime) -> Int64 {
    first.moment + (second.moment - first.moment) / 2
  }

  /// Times are between -limit and limit, so that no difference of two overflows.
  static let limit: Int64 = 1 << 62

  /// Throws unless the window follows `previous`: its end is later, its start no earlier.
  func check(after previous: WindowTime?) throws(Failure) {
    guard start <= end else { throw .argument("a window ends at \(end) ns, before its start at \(start) ns") }
    guard start > -WindowTime.limit, end < WindowTime.limit else {
      throw .argument("a window from \(start) to \(end) ns is beyond the range of times, -2^62 to 2^62 ns")
    }
    guard let previous else { return }
    guard end > previous.end else {
      throw .argument(
        "a window ends at \(end) ns, expected a time after \(previous.end) ns, where the one before it ends")
    }
    guard start >= previous.start else {
      throw .argument(
        "a window starts at \(start) ns, before the one before it, which starts at \(previous.start) ns")
    }
  }
}
