/// Segments that were found, against those of a list, as ActivityNet judges them: average precision at overlaps of 0.5,
/// 0.55, … 0.95, where a segment is right if it overlaps a listed one of its label and video by that share or more.
struct SegmentMetrics {
  /// A part of a video. Times are in seconds.
  struct Segment {
    /// The video's place in the list.
    let video: Int
    let start: Double
    let end: Double

    /// The time in both parts over the time in either (intersection over union); 0 in different videos.
    func overlap(_ other: Segment) -> Double {
      guard video == other.video else { return 0 }
      let shared = min(end, other.end) - max(start, other.start)
      return shared > 0 ? shared / (max(end, other.end) - min(start, other.start)) : 0
    }
  }

  struct Found {
    let segment: Segment
    let score: Double
  }

  struct ClassPrecision {
    let listed: Int
    let found: Int
    /// Average precision at each overlap; empty where the list has no segment of the class.
    let averages: [Double]

    var mean: Double { averages.isEmpty ? .nan : averages.reduce(0, +) / Double(averages.count) }
    /// The average precision at an overlap of 0.5.
    var atHalf: Double { averages.first ?? .nan }
  }

  static let overlaps = (0..<10).map { Double(50 + 5 * $0) / 100 }

  let classes: [ClassPrecision]

  /// - Parameters:
  ///   - found: of each class the segments that were found.
  ///   - listed: of each class the segments of the list.
  init(found: [[Found]], listed: [[Segment]]) {
    classes = zip(found, listed).map { found, listed in
      ClassPrecision(
        listed: listed.count, found: found.count,
        averages: listed.isEmpty ? [] : SegmentMetrics.averages(found, listed))
    }
  }

  private var listed: [ClassPrecision] { classes.filter { $0.listed > 0 } }

  /// The numbers of segments that were found, of labels that the list has segments of, and of those in the list.
  var counts: (found: Int, listed: Int) {
    listed.reduce(into: (0, 0)) { $0 = ($0.0 + $1.found, $0.1 + $1.listed) }
  }

  /// mAP: the mean over the classes that the list has segments of, and over all overlaps.
  var meanAveragePrecision: Double { listed.reduce(0) { $0 + $1.mean } / Double(listed.count) }

  /// mAP at an overlap of 0.5.
  var atHalf: Double { listed.reduce(0) { $0 + $1.atHalf } / Double(listed.count) }

  /// Average precision at each overlap. Segments are taken by falling score, of equal ones the first. Each gets the
  /// listed segment that it overlaps most, among those that no better one has taken.
  private static func averages(_ found: [Found], _ listed: [Segment]) -> [Double] {
    let order = found.indices.sorted { (found[$0].score, $1) > (found[$1].score, $0) }
    let candidates = order.map { place in
      listed.indices.map { (place: $0, overlap: found[place].segment.overlap(listed[$0])) }
        .filter { $0.overlap > 0 }.sorted { ($0.overlap, $1.place) > ($1.overlap, $0.place) }
    }
    return overlaps.map { least in
      var taken = [Bool](repeating: false, count: listed.count)
      let isRight = candidates.map { candidates in
        guard let best = candidates.first(where: { $0.overlap >= least && !taken[$0.place] }) else {
          return false
        }
        taken[best.place] = true
        return true
      }
      return averagePrecision(isRight, of: listed.count)
    }
  }

  /// The area under the curve of precision over recall, where each precision is the best at its recall or a larger one.
  private static func averagePrecision(_ isRight: [Bool], of count: Int) -> Double {
    var hits = 0
    var precisions: [Double] = []
    for (place, right) in isRight.enumerated() {
      hits += right ? 1 : 0
      if right { precisions.append(Double(hits) / Double(place + 1)) }
    }
    var (best, sum) = (0.0, 0.0)
    for precision in precisions.reversed() {
      best = max(best, precision)
      sum += best
    }
    return sum / Double(count)
  }
}
