import System

extension ScoredWindows {
  /// Appends the segments with the largest total: the score of each moment's label times seconds, summed, less the cost
  /// of each change. Of equal totals the one with the later change is taken, and then the smaller state.
  public func viterbiSegments(
    _ options: SegmentOptions, to segments: inout GrowingArray<Segment>
  ) throws(Failure) {
    try options.check(labelCount: labelCount)
    // A file that is shorter than a segment may be shows one label.
    var options = options
    options.minDuration = min(options.minDuration, begin(count) - begin(0))
    let graph = try StateGraph(labelCount: labelCount, options)
    guard try decode(graph, options, to: &segments) else {
      throw Failure(.internal, "no labels fit a file of \(count) windows")
    }
  }

  /// Appends the segments of a known list of steps, each once and in the list's order, with the largest total as
  /// `viterbiSegments` counts it.
  /// - Parameters:
  ///   - steps: the label of each step.
  ///   - isOptional: for each step, 0 if it must be there; nil: all must.
  public func orderedSegments(
    steps: UnsafeBufferPointer<Int32>, optional isOptional: UnsafePointer<Int32>?, _ options: SegmentOptions,
    to segments: inout GrowingArray<Segment>
  ) throws(Failure) {
    try options.check(labelCount: labelCount)
    for (place, label) in steps.enumerated() where !(0..<labelCount).contains(Int(label)) {
      throw .argument("steps[\(place)] is \(label), expected an index below \(labelCount)")
    }
    let graph = try StateGraph(steps: steps, optional: isOptional, options)
    guard try decode(graph, options, to: &segments) else {
      throw .argument(
        "the steps do not fit \(count) windows: each step that is not optional needs a window, and"
          + " min_duration_ns \(options.minDuration)")
    }
  }

  /// Returns false if no sequence of states fits.
  private func decode(
    _ graph: borrowing StateGraph, _ options: SegmentOptions, to segments: inout GrowingArray<Segment>
  ) throws(Failure) -> Bool {
    let table = try DecodingTable(self, graph, options)
    guard var state = try table.fill(self, graph, options) else { return false }
    var first = 0
    while first < count {
      var end = graph.states[state].label < 0 ? first + 1 : table.reach[first]
      while end < count, table.next(state, at: end) == state { end += 1 }
      var (total, time) = (0.0, 0.0)
      for window in first..<end {
        total += score(window, graph.states[state].label, options) * seconds(window)
        time += seconds(window)
      }
      try ScoredWindows.append(
        Segment(
          start: begin(first), end: begin(end), label: graph.states[state].label,
          step: graph.states[state].step, score: total / time), to: &segments)
      if end < count { state = table.next(state, at: end) }
      first = end
    }
    return true
  }

  /// The score of a label in a window. The label -1 stands for showing none.
  fileprivate func score(_ window: Int, _ label: Int, _ options: SegmentOptions) -> Double {
    let row = row(window)
    if label >= 0 { return Double(row[label]) }
    return max(options.noneScore, options.noneLabel.map { Double(row[$0]) } ?? -.infinity)
  }
}

/// The table of a decoder that finds the best sequence of states from the end of a file to its beginning.
private final class DecodingTable {
  private let stateCount: Int
  /// The best total from a window on, while in a state that has lasted long enough. [windows + 1, states]
  private let totals: GrowingArray<Double>
  /// The best state from a window on, if the state before has lasted long enough. [windows, states]
  private let choices: GrowingArray<Int32>
  /// For each window, the first window after a segment that begins there and has the least duration; -1 where the file
  /// ends sooner. [windows]
  let reach: GrowingArray<Int>

  init(
    _ windows: ScoredWindows, _ graph: borrowing StateGraph, _ options: SegmentOptions
  ) throws(Failure) {
    stateCount = graph.count
    let (cells, overflow) = (windows.count + 1).multipliedReportingOverflow(by: max(1, stateCount))
    guard !overflow else { throw .outOfMemory(bytes: Int.max) }
    totals = try GrowingArray(uninitialized: cells)
    choices = try GrowingArray(uninitialized: cells)
    reach = try GrowingArray(repeating: -1, count: windows.count)
    var end = 1
    for window in 0..<windows.count {
      end = max(end, window + 1)
      while end <= windows.count, windows.begin(end) - windows.begin(window) < options.minDuration {
        end += 1
      }
      if end <= windows.count { reach.base[window] = end }
    }
  }

  /// Score over time; a score of minus infinity stays so over no time.
  private static func total(_ score: Double, _ seconds: Double) -> Double {
    score > -.infinity ? score * seconds : score
  }

  func next(_ state: Int, at window: Int) -> Int { Int(choices[window * stateCount + state]) }

  /// Fills the table. Returns the first state of the best sequence; nil if none fits.
  func fill(
    _ windows: ScoredWindows, _ graph: borrowing StateGraph, _ options: SegmentOptions
  ) throws(Failure) -> Int? {
    let count = windows.count
    /// Score over time from a window to its reach, for each state.
    let sums = try GrowingArray(repeating: 0.0, count: stateCount)
    /// The total from a window on if a segment of a state begins there, for each state.
    let begun = try GrowingArray(repeating: -Double.infinity, count: stateCount)
    for state in 0..<stateCount {
      totals.base[count * stateCount + state] = graph.states[state].isLast ? 0 : -.infinity
    }
    var summedTo = count  // end of what `sums` hold
    for window in stride(from: count - 1, through: 0, by: -1) {
      try checkCancelled()
      let (here, after) = (totals.base + window * stateCount, totals.base + (window + 1) * stateCount)
      let next = choices.base + window * stateCount
      let seconds = windows.seconds(window)
      let reach = self.reach[window]
      for state in 0..<stateCount {
        let label = graph.states[state].label
        let score = windows.score(window, label, options)
        if label < 0 {
          begun.base[state] = DecodingTable.total(score, seconds) + after[state]
          continue
        }
        sums.base[state] += score * seconds
        if reach > 0 {
          var beyond = summedTo
          while beyond > reach {
            beyond -= 1
            sums.base[state] -= windows.score(beyond, label, options) * windows.seconds(beyond)
          }
          begun.base[state] = sums[state] + totals[reach * stateCount + state]
        }
      }
      if reach > 0 { summedTo = min(summedTo, reach) }
      graph.follow(begun.base, to: next)
      for state in 0..<stateCount {
        let score = windows.score(window, graph.states[state].label, options)
        let goesOn = DecodingTable.total(score, seconds) + after[state]
        let changed = next[state] < 0 ? -.infinity : begun[Int(next[state])] - options.changeCost
        here[state] = max(goesOn, changed)
        if goesOn >= changed { next[state] = Int32(state) }
      }
    }
    var first: Int?
    for state in 0..<stateCount where graph.states[state].isFirst && begun[state] > -.infinity {
      if first.map({ begun[state] > begun[$0] }) ?? true { first = state }
    }
    return first
  }
}
