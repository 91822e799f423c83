import System

/// A part of a file that shows a label. Times are in the unit of the windows.
public struct Segment: BitwiseCopyable, Equatable, Sendable {
  public var start: Int64
  public var end: Int64
  /// Index of the label; -1: none.
  public var label: Int
  /// Place in the list of steps; -1: the segment is no step.
  public var step = -1
  /// Mean score of the label in the segment.
  public var score: Double
}

/// Options of the decoders of whole files.
public struct SegmentOptions: Sendable {
  /// Cost of each change of label. Its unit is that of the total it is taken from: score times seconds.
  public var changeCost = 0.25
  /// Least duration of a segment that shows a label, in the unit of the windows.
  public var minDuration: Int64 = 0
  /// Score of showing no label; minus infinity: only `noneLabel` can do that.
  public var noneScore = -Double.infinity
  /// Index of the label that means "nothing in particular"; nil: there is none.
  public var noneLabel: Int?

  public init() {}

  func check(labelCount: Int) throws(Failure) {
    guard changeCost >= 0, changeCost.isFinite else {
      throw .argument("change_cost is \(changeCost), expected a finite number from 0 on")
    }
    guard minDuration >= 0 else {
      throw .argument("min_duration_ns is \(minDuration), expected 0 or more nanoseconds")
    }
    guard noneScore < .infinity else {
      throw .argument("none_score is \(noneScore), expected a number or -INFINITY")
    }
    if let noneLabel, !(0..<labelCount).contains(noneLabel) {
      throw .argument("none_label is \(noneLabel), expected -1 or an index below \(labelCount)")
    }
  }
}

extension ScoredWindows {
  /// Appends a segment, or makes the last one longer where it goes on.
  static func append(_ segment: Segment, to segments: inout GrowingArray<Segment>) throws(Failure) {
    guard segment.end > segment.start else { return }
    let last = segments.count - 1
    guard last >= 0, segments[last].label == segment.label, segments[last].step == segment.step,
      segments[last].end == segment.start
    else { return try segments.append(segment) }
    let before = Double(segments[last].end - segments[last].start)
    let added = Double(segment.end - segment.start)
    segments[last].score = (segments[last].score * before + segment.score * added) / (before + added)
    segments[last].end = segment.end
  }
}
