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

  /// The times at which some window begins or ends: between two of them nothing changes.
  var cells: [Range<Int>] {
    let edges = Set(starts + starts.map { $0 + length }).sorted()
    return zip(edges, edges.dropFirst()).map { $0..<$1 }
  }

  struct Segment: Equatable {
    var frames: Range<Int>
    /// The class; nil where none is probable enough.
    let label: Int?
    /// Mean over its frames, of the most probable class.
    var probability: Double
  }

  /// Every cell goes to the class with the largest mean over the windows that cover it; neighbours of
  /// the same class are one segment. Where that mean is below the class's threshold, no class has the cell.
  /// - Parameter scores: [windows][classes]
  func segments(scores: [[Float]], thresholds: [Float]) -> [Segment] {
    var result: [Segment] = []
    var first = 0
    for cell in cells {
      while starts[first] + length <= cell.lowerBound { first += 1 }
      let covering = starts[first...].prefix { $0 <= cell.lowerBound }.indices
      var means = [Double](repeating: 0, count: scores[0].count)
      for window in covering {
        for place in means.indices { means[place] += Double(scores[window][place]) }
      }
      guard let best = means.indices.max(by: { means[$0] < means[$1] }) else { continue }
      let probability = means[best] / Double(covering.count)
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
