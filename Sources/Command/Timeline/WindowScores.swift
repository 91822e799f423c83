/// The scores of windows that follow each other, with their times in nanoseconds.
struct WindowScores {
  private(set) var starts: [Int64] = []
  private(set) var ends: [Int64] = []
  /// [windows, labels]
  private(set) var scores: [Float] = []
  let labels: Int

  init(labels: Int) { self.labels = labels }

  /// Adds a window. Its end is made to lie after its start and after the end before, as finding segments wants it. A
  /// hole of less than `hole` after the window before belongs to that one.
  mutating func add(start: Int64, end: Int64, hole: Int64 = 0, scores: ArraySlice<Float>) {
    if let last = ends.last, start > last, start - last < hole { ends[ends.count - 1] = start }
    starts.append(start)
    ends.append(max(end, start + 1, (ends.last ?? start) + 1))
    self.scores += scores
  }

  /// Adds the windows of another video, with their times shifted. They must follow these.
  mutating func add(_ other: WindowScores, shiftedBy shift: Int64) {
    starts += other.starts.map { $0 + shift }
    ends += other.ends.map { $0 + shift }
    scores += other.scores
  }

  /// How probable the labels are over time: between two neighbours among the times at which some window starts or ends,
  /// the mean over the windows that cover it.
  var curves: VideoTimeline.Curves {
    let edges = Set(starts + ends).sorted()
    var first = 0
    let means = zip(edges, edges.dropFirst()).map { cell, _ in
      while ends[first] <= cell { first += 1 }
      let covering = first..<(first + starts[first...].prefix { $0 <= cell }.count)
      var means = [Double](repeating: 0, count: labels)
      for window in covering {
        for label in 0..<labels { means[label] += Double(scores[window * labels + label]) }
      }
      return means.map { $0 / Double(max(1, covering.count)) }
    }
    return .init(edges: edges.map { Double($0) / 1e9 }, means: means)
  }
}
