import CActionCLIP

/// The windows of several videos one after the other, with what people labelled in them.
struct LabelledWindows {
  private(set) var windows: WindowScores
  private(set) var spans: [SuggestedThresholds.Span] = []
  /// Nanoseconds between two videos, in which every event ends.
  private let hole: Int64
  private var shift: Int64 = 0

  init(labels: Int, hole: Int64) {
    windows = WindowScores(labels: labels)
    self.hole = hole
  }

  /// Adds a video. Parts count as far as windows see them.
  mutating func add(_ video: WindowScores, _ parts: [AnnotatedVideos.Part]) {
    guard let first = video.starts.first, let last = video.ends.last else { return }
    windows.add(video, shiftedBy: shift - first)
    for part in parts {
      func time(_ seconds: Double) -> Int64 { Int64((min(max(0, seconds), 4e9) * 1e9).rounded()) }
      let (start, end) = (max(first, time(part.span.start)), min(last, time(part.span.end)))
      guard start < end else { continue }
      spans.append(.init(label: part.label, start: start - first + shift, end: end - first + shift))
    }
    shift += last - first + hole
  }

  /// The number of labelled parts of each label. [labels]
  var partCounts: [Int] {
    spans.reduce(into: [Int](repeating: 0, count: windows.labels)) { $0[$1.label] += 1 }
  }
}
