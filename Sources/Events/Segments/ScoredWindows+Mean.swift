import System

extension ScoredWindows {
  /// Appends segments by the mean: between two times at which some window begins or ends, every moment goes to the label
  /// with the largest mean over the windows that cover it; of equal ones the first. Where that mean is below the label's
  /// threshold, or the label is the one for nothing in particular, no label has the moment.
  /// - Parameter thresholds: [labels], or nil for none.
  public func meanSegments(
    _ options: SegmentOptions, thresholds: UnsafePointer<Double>?, to segments: inout GrowingArray<Segment>
  ) throws(Failure) {
    try options.check(labelCount: labelCount)
    let sums = try GrowingArray(repeating: 0.0, count: labelCount)
    // Windows first ..< next cover the moments from `time` on. Starts and ends both rise.
    var (first, next, time) = (0, 0, begin(0))
    while first < count {
      try checkCancelled()
      while next < count, self[next].start <= time { next += 1 }
      while first < next, self[first].end <= time { first += 1 }
      guard first < next else {
        // A hole that no window covers.
        if next < count { time = self[next].start }
        continue
      }
      let end = next < count ? min(self[first].end, self[next].start) : self[first].end
      sums.buffer.update(repeating: 0)
      for window in first..<next {
        let row = row(window)
        for label in 0..<labelCount { sums.base[label] += Double(row[label]) }
      }
      var best = 0
      for label in 0..<labelCount where sums[label] > sums[best] { best = label }
      let score = sums[best] / Double(next - first)
      let isNone = best == options.noneLabel || thresholds.map { score < $0[best] } == true
      try ScoredWindows.append(
        Segment(start: time, end: end, label: isNone ? -1 : best, score: score), to: &segments)
      time = end
    }
  }
}
