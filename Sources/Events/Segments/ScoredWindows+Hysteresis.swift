import System

extension ScoredWindows {
  /// Appends a segment for each event of a tracker that lasts any time, ordered by start and then by label. Segments
  /// overlap where labels are independent. A segment's score is the event's mean.
  /// - Parameters:
  ///   - on: the threshold of each label for starting [labels]; nil: the option for all.
  ///   - off: the threshold of each label for ending [labels]; nil: the option for all.
  public func events(
    _ options: TrackerOptions, on: UnsafePointer<Double>?, off: UnsafePointer<Double>?,
    to segments: inout GrowingArray<Segment>
  ) throws(Failure) {
    let tracker = try TrackerState(labelCount: labelCount, options)
    for label in 0..<labelCount {
      try tracker.setThresholds(of: label, on: on?[label] ?? options.on, off: off?[label] ?? options.off)
    }
    for window in 0..<count {
      try checkCancelled()
      try tracker.push(self[window], row(window))
      try ScoredWindows.take(tracker, to: &segments)
    }
    tracker.finish()
    try ScoredWindows.take(tracker, to: &segments)
    segments.buffer.heapSort { ($0.start, $0.label, $0.end) < ($1.start, $1.label, $1.end) }
  }

  private static func take(
    _ tracker: TrackerState, to segments: inout GrowingArray<Segment>
  ) throws(Failure) {
    while let event = tracker.next() {
      guard event.kind == .ended, event.end > event.start else { continue }
      try segments.append(
        Segment(start: event.start, end: event.end, label: event.label, score: event.mean))
    }
  }
}
