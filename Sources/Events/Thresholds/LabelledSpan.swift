/// A stretch of time in which a label is known to be shown, in nanoseconds.
public struct LabelledSpan: BitwiseCopyable, Sendable {
  public var label: Int
  public var start: Int64
  public var end: Int64

  public init(label: Int, start: Int64, end: Int64) {
    self.label = label
    self.start = start
    self.end = end
  }
}
