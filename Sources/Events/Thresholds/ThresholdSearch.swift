import System

/// Thresholds of a label, and how well a tracker does with them.
public struct SuggestedThresholds: BitwiseCopyable, Equatable, Sendable {
  public var on: Double
  public var off: Double
  /// Time that is both in events and in spans, twice, as a share of the time in events and the time in spans together.
  public var f1: Double

  public init(on: Double, off: Double, f1: Double) {
    self.on = on
    self.off = off
    self.f1 = f1
  }
}

/// Finds the thresholds by which a tracker's events agree best with spans that people labelled.
public final class ThresholdSearch {
  private let windows: ScoredWindows
  private let options: TrackerOptions
  /// Spans by label and start; those of one label do not touch.
  private var spans = GrowingArray<LabelledSpan>()

  /// The number of quantiles of the scores in spans from which thresholds to try are taken; as many are taken outside.
  private static let quantiles = 24

  /// - Parameter options: the options of the tracker that will use the thresholds. Each label is judged by itself.
  public init(
    _ windows: ScoredWindows, _ spans: UnsafeBufferPointer<LabelledSpan>, _ options: TrackerOptions
  ) throws(Failure) {
    try options.check(labelCount: windows.labelCount)
    (self.windows, self.options) = (windows, options)
    var sorted = GrowingArray<LabelledSpan>()
    let (begin, end) = (windows.begin(0), windows.begin(windows.count))
    for (place, span) in spans.enumerated() {
      guard (0..<windows.labelCount).contains(span.label) else {
        throw .argument(
          "span \(place) has label \(span.label), expected an index below \(windows.labelCount)")
      }
      guard span.start < span.end else {
        throw .argument("span \(place) ends at \(span.end) ns, not after its start at \(span.start) ns")
      }
      // Time before the first window and after the last one is left out: no tracker can find an event there.
      let seen = LabelledSpan(label: span.label, start: max(span.start, begin), end: min(span.end, end))
      if seen.start < seen.end { try sorted.append(seen) }
    }
    sorted.buffer.heapSort { ($0.label, $0.start, $0.end) < ($1.label, $1.start, $1.end) }
    for span in sorted.view {
      let last = self.spans.count - 1
      if last >= 0, self.spans[last].label == span.label, span.start <= self.spans[last].end {
        self.spans[last].end = max(self.spans[last].end, span.end)
      } else {
        try self.spans.append(span)
      }
    }
  }

  /// The best thresholds of a label; nil if it has no span. Of equally good pairs those with fewest events count, and of
  /// these the one in the middle is taken: the middle `on`, and the middle `off` that goes with it. Scores of other videos
  /// may then differ most, to either side.
  public func best(label: Int) throws(Failure) -> SuggestedThresholds? {
    let spans = self.spans(of: label)
    guard !spans.isEmpty else { return nil }
    var single = options
    (single.mode, single.noneLabel, single.update) = (.independent, nil, 0)
    let tracker = try TrackerState(labelCount: 1, single)
    let thresholds = try candidates(label, spans, tracker)
    // Pairs that are as good as the best so far, with `on` ascending, and `off` for each `on`.
    var equals = GrowingArray<SuggestedThresholds>()
    var fewest = 0
    for on in thresholds.view {
      for off in thresholds.view where off <= on {
        try checkCancelled()
        try tracker.setThresholds(of: 0, on: on, off: off)
        let found = try judge(tracker, label, spans)
        if let best = equals.view.first {
          if found.f1 < best.f1 || (found.f1 == best.f1 && found.events > fewest) { continue }
          if found.f1 > best.f1 || found.events < fewest { equals.removeAll() }
        }
        fewest = found.events
        try equals.append(SuggestedThresholds(on: on, off: off, f1: found.f1))
      }
    }
    return ThresholdSearch.middle(of: equals.view)
  }

  /// The pair with the middle `on`, and of those the one with the middle `off`; nil of no pairs. Both ascend.
  private static func middle(of pairs: UnsafeBufferPointer<SuggestedThresholds>) -> SuggestedThresholds? {
    let distinct = pairs.indices.count { $0 == 0 || pairs[$0].on != pairs[$0 - 1].on }
    guard distinct > 0 else { return nil }
    var (place, first) = (0, 0)
    for index in pairs.indices where index == 0 || pairs[index].on != pairs[index - 1].on {
      if place == distinct / 2 { first = index }
      place += 1
    }
    let group = pairs[first...].prefix { $0.on == pairs[first].on }
    return pairs[first + group.count / 2]
  }

  private func spans(of label: Int) -> UnsafeBufferPointer<LabelledSpan> {
    let view = spans.view
    let first = view.firstIndex { $0.label == label } ?? view.endIndex
    return UnsafeBufferPointer(rebasing: view[first...].prefix { $0.label == label })
  }

  /// Thresholds to try, ascending: of quantiles of the label's smoothed scores the lowest one, and the middles between
  /// neighbours. Windows whose moment is in a span and the others have quantiles of their own.
  private func candidates(
    _ label: Int, _ spans: UnsafeBufferPointer<LabelledSpan>, _ tracker: TrackerState
  ) throws(Failure) -> GrowingArray<Double> {
    var inside = GrowingArray<Double>()
    var outside = GrowingArray<Double>()
    var next = 0  // the first span that ends after the moment
    tracker.reset()
    for window in 0..<windows.count {
      let moment = windows[window].moment
      try tracker.push(windows[window], windows.row(window) + label)
      while tracker.next() != nil {}
      while next < spans.count, spans[next].end <= moment { next += 1 }
      let isInside = next < spans.count && spans[next].start <= moment
      if isInside { try inside.append(tracker.score(0)) } else { try outside.append(tracker.score(0)) }
    }
    var scores = GrowingArray<Double>()
    try ThresholdSearch.addQuantiles(of: inside, to: &scores)
    try ThresholdSearch.addQuantiles(of: outside, to: &scores)
    scores.buffer.heapSort { $0 < $1 }
    var thresholds = GrowingArray<Double>()
    for place in 0..<scores.count where place == 0 || scores[place] > scores[place - 1] {
      let below = place == 0 ? scores[0] : scores[place - 1]
      try thresholds.append(below + (scores[place] - below) / 2)
    }
    return thresholds
  }

  private static func addQuantiles(
    of scores: borrowing GrowingArray<Double>, to all: inout GrowingArray<Double>
  ) throws(Failure) {
    guard !scores.isEmpty else { return }
    scores.buffer.heapSort { $0 < $1 }
    let count = min(scores.count, quantiles)
    for place in 0..<count { try all.append(scores[place * (scores.count - 1) / max(1, count - 1)]) }
  }

  /// The F1 of a tracker's events, and their number.
  private func judge(
    _ tracker: TrackerState, _ label: Int, _ spans: UnsafeBufferPointer<LabelledSpan>
  ) throws(Failure) -> (f1: Double, events: Int) {
    var (inEvents, inBoth, events, first) = (0.0, 0.0, 0, 0)
    func take() {
      while let event = tracker.next() {
        guard event.kind == .ended else { continue }
        events += 1
        inEvents += Double(event.end - event.start)
        while first < spans.count, spans[first].end <= event.start { first += 1 }
        for span in spans[first...] {
          guard span.start < event.end else { break }
          inBoth += Double(min(span.end, event.end) - max(span.start, event.start))
        }
      }
    }
    tracker.reset()
    for window in 0..<windows.count {
      try tracker.push(windows[window], windows.row(window) + label)
      take()
    }
    tracker.finish()
    take()
    let inSpans = spans.reduce(0.0) { $0 + Double($1.end - $1.start) }
    return (2 * inBoth / (inEvents + inSpans), events)
  }
}
