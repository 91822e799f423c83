import System

/// The windows of a whole file with their scores, as the caller has them.
public struct ScoredWindows {
  public let count: Int
  public let labelCount: Int
  private let starts: UnsafePointer<Int64>
  private let ends: UnsafePointer<Int64>
  private let scores: UnsafePointer<Float>  // [windows, labels]

  /// Throws if times do not follow each other or a score is not finite.
  public init(
    _ count: Int, labelCount: Int, starts: UnsafePointer<Int64>, ends: UnsafePointer<Int64>,
    scores: UnsafePointer<Float>
  ) throws(Failure) {
    (self.count, self.labelCount) = (count, labelCount)
    (self.starts, self.ends, self.scores) = (starts, ends, scores)
    for window in 0..<count {
      do throws(Failure) {
        try self[window].check(after: window > 0 ? self[window - 1] : nil)
        let row = row(window)
        for label in 0..<labelCount where !row[label].isFinite {
          throw Failure(.notFinite, "the score of label \(label) is \(row[label]), expected a finite number")
        }
      } catch { throw error.about("window \(window)") }
    }
  }

  subscript(window: Int) -> WindowTime { WindowTime(start: starts[window], end: ends[window]) }

  func row(_ window: Int) -> UnsafePointer<Float> { scores + window * labelCount }

  /// Where the time that a window speaks for begins: halfway between its middle and the middle of the window before it,
  /// or the very beginning. `count` stands for the end.
  func begin(_ window: Int) -> Int64 {
    if window == 0 { return starts[0] }
    if window == count { return ends[count - 1] }
    return WindowTime.between(self[window - 1], self[window])
  }

  /// Seconds that a window speaks for.
  func seconds(_ window: Int) -> Double { Double(begin(window + 1) - begin(window)) / 1e9 }
}
