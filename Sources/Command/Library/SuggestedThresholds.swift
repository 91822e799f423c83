import CActionCLIP

/// Thresholds of labels for a tracker, and how well its events agree with what people labelled.
struct SuggestedThresholds {
  /// A stretch of time that shows a label, in nanoseconds on the windows' clock.
  struct Span {
    let label: Int
    let start: Int64
    let end: Int64
  }

  /// [labels]; without spans of a label, the options' own.
  let on: [Double]
  let off: [Double]

  /// - Parameter options: the options that the tracker will have.
  init(
    _ windows: WindowScores, _ spans: [Span], _ options: actionclip_tracker_options
  ) throws(LibraryError) {
    var options = options
    let count = windows.labels
    var on = [Double](repeating: 0, count: count)
    var off = on
    try check(
      actionclip_suggest_thresholds(
        windows.starts, windows.ends, windows.scores, windows.starts.count, count,
        spans.map { Int32(clamping: $0.label) }, spans.map(\.start), spans.map(\.end), spans.count, &options,
        &on, count, &off, count, nil, 0))
    (self.on, self.off) = (on, off)
  }
}
