import System

/// The times of a video's frames, from the first one on, as far as they are known. They are kept so that many searches
/// decode a video once.
///
/// A frame is in a time span if its time is, both rounded to milliseconds, since times in lists are rounded. So spans that
/// follow each other share no frame. A span in which no frame begins has one frame, the one that is shown at its start.
struct FrameTimes: ~Copyable {
  /// Whether the times come from packets rather than from decoding.
  let areOfPackets: Bool
  /// The video's duration in seconds, once all times are known.
  var duration: Double?
  private var times = GrowingArray<Double>()  // milliseconds, ascending

  init(areOfPackets: Bool) { self.areOfPackets = areOfPackets }

  /// The number of frames whose times are known.
  var count: Int { times.count }

  /// Adds the next frame's time in seconds, which is not below the one before.
  mutating func append(_ seconds: Double) throws(Failure) { try times.append(Self.milliseconds(seconds)) }

  /// Whether the known times are enough to find a span's frames.
  func cover(_ span: TimeSpan) -> Bool {
    duration != nil || (times.view.last.map { $0 >= Self.ends(of: span).end } ?? false)
  }

  /// The indices of a span's frames, at least one; nil if the video ends before the span. The times must cover it.
  func frames(in span: TimeSpan) -> Range<Int>? {
    let (start, end) = Self.ends(of: span)
    let (first, next) = (count(before: start), count(before: end))
    if first < next { return first..<next }
    if let duration, Self.milliseconds(duration) <= start { return nil }
    let shown = max(0, first - 1)
    return shown..<shown + 1
  }

  /// The number of known times before `time`.
  private func count(before time: Double) -> Int {
    var (low, high) = (0, times.count)
    while low < high {
      let middle = low + (high - low) / 2
      if times[middle] < time { low = middle + 1 } else { high = middle }
    }
    return low
  }

  private static func ends(of span: TimeSpan) -> (start: Double, end: Double) {
    let start = milliseconds(span.start)
    return (start, max(milliseconds(span.end), start + 1))
  }

  private static func milliseconds(_ seconds: Double) -> Double { (seconds * 1000).rounded() }
}
