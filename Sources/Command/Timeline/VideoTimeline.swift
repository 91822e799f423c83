import CActionCLIP

/// The actions of one video over time. Times are in seconds from its first frame.
struct VideoTimeline {
  struct Segment {
    let start: Double
    let end: Double
    /// The label's place in the list; nil where none is probable enough.
    let label: Int?
    /// Mean probability of the label, or of the most probable one where there is none.
    let probability: Double

    init(_ found: actionclip_segment, duration: Double) {
      // A picture has no duration.
      start = min(duration, Double(found.start_ns) / 1e9)
      end = min(duration, Double(found.end_ns) / 1e9)
      label = found.label < 0 ? nil : Int(found.label)
      probability = found.score
    }
  }

  /// How probable the labels are over time.
  struct Curves {
    /// The times at which some probability changes, ascending, from 0 to the end.
    let edges: [Double]
    /// Probabilities [edges - 1][labels] between an edge and the next.
    let means: [[Double]]
  }

  let path: FilePath
  let duration: Double
  /// Frames per second, the mean.
  let frameRate: Double
  let frameCount: Int
  let windowCount: Int
  let segments: [Segment]
  /// Nil if they are not wanted.
  let curves: Curves?
  /// The number of damaged frames that were met.
  let damaged: Int64
  let thumbnails: Thumbnails?

  /// The frame at a time, counted at the mean rate.
  func frame(at seconds: Double) -> Int { Int(min(max(0, seconds * frameRate), 1e15).rounded()) }

  /// The segments that show a label.
  var labelled: [(segment: Segment, label: Int)] {
    segments.compactMap { segment in segment.label.map { (segment, $0) } }
  }
}
