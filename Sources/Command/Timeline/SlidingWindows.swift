/// Windows of equally many frames over a video, and what their scores say about the time between
/// their beginnings. Times are frame numbers.
struct SlidingWindows {
  let frameCount: Int
  let length: Int
  let starts: [Int]

  /// One every `step` frames and one that ends with the video; a shorter video is one window.
  init(frameCount: Int, length: Int, step: Int) {
    self.frameCount = frameCount
    self.length = min(length, frameCount)
    let last = frameCount - self.length
    var starts = Array(stride(from: 0, through: last, by: step))
    if starts.last != last { starts.append(last) }
    self.starts = starts
  }

  /// The times at which some window begins or ends, ascending: between two of them nothing changes.
  var edges: [Int] { Set(starts + starts.map { $0 + length }).sorted() }

  /// The mean scores, [cells][classes], of the windows over each cell, the time from an edge to the next.
  /// - Parameter scores: [windows][classes]
  func means(of scores: [[Float]]) -> [[Double]] {
    let edges = edges
    var first = 0
    return zip(edges, edges.dropFirst()).map { cell, _ in
      while starts[first] + length <= cell { first += 1 }
      let covering = starts[first...].prefix { $0 <= cell }.indices
      var means = [Double](repeating: 0, count: scores[0].count)
      for window in covering {
        for place in means.indices { means[place] += Double(scores[window][place]) }
      }
      return means.map { $0 / Double(covering.count) }
    }
  }

  struct Segment: Equatable {
    var frames: Range<Int>
    /// The class; nil where none is probable enough.
    let label: Int?
    /// Mean over its frames, of the most probable class.
    var probability: Double
  }

  /// Every cell goes to the class with the largest mean; neighbours of the same class are one segment. Where that
  /// mean is below the class's threshold, no class has the cell.
  /// - Parameter means: [cells][classes]
  func segments(means: [[Double]], thresholds: [Float]) -> [Segment] {
    var result: [Segment] = []
    let edges = edges
    for (place, cell) in zip(edges, edges.dropFirst()).map({ $0..<$1 }).enumerated() {
      guard let best = means[place].indices.max(by: { means[place][$0] < means[place][$1] }) else { continue }
      let probability = means[place][best]
      let label = probability < Double(thresholds[best]) ? nil : best
      if let last = result.last, last.label == label {
        let (before, added) = (Double(last.frames.count), Double(cell.count))
        result[result.count - 1].frames = last.frames.lowerBound..<cell.upperBound
        result[result.count - 1].probability =
          (last.probability * before + probability * added) / (before + added)
      } else {
        result.append(Segment(frames: cell, label: label, probability: probability))
      }
    }
    return result
  }
}
