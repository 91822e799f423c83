import System
import Testing

@testable import Events

/// Decoders of whole files, against every possible answer where these can be listed.
@Suite struct SegmentTests {
  /// Scores of 6 windows and 3 labels in eighths, so that sums are exact and totals often equal.
  private func windows(_ generator: inout Generator) -> Windows {
    let scores = (0..<6).map { _ in (0..<3).map { _ in Float(Int.random(in: 0...8, using: &generator)) / 8 } }
    return Windows(scores, length: second, hop: second)
  }

  private func options(_ round: Int) -> SegmentOptions {
    var options = SegmentOptions()
    options.changeCost = [0, 0.25, 1][round % 3]
    options.minDuration = Int64(round / 3 % 4) * second
    options.noneScore = round / 12 % 2 == 0 ? -.infinity : 0.375
    options.noneLabel = round / 24 % 3 == 0 ? 2 : nil
    return options
  }

  /// A sequence of states, its total, and whether a segment may be as short as its shortest one.
  private struct Candidate {
    var states: [Int]
    var total: Double
  }

  /// The best of all sequences of `states` that are `allowed`: by its total, then by the first place where two differ:
  /// no change is better than one, and a smaller state than a larger one.
  private func best(
    _ windows: Windows, states: [Int], rises: Bool = false, _ options: SegmentOptions, label: (Int) -> Int,
    allowed: ([Int]) -> Bool
  ) throws -> [Int]? {
    try windows.withScored { scored in
      var best: Candidate?
      var sequence = [Int](repeating: 0, count: scored.count)
      func visit(_ place: Int) {
        guard place < scored.count else {
          guard lastsLongEnough(scored, sequence.map { label($0) < 0 ? -1 : $0 }, options), allowed(sequence)
          else {
            return
          }
          var total = 0.0
          for (window, state) in sequence.enumerated() {
            let row = windows.scores[window]
            let none = max(options.noneScore, options.noneLabel.map { Double(row[$0]) } ?? -.infinity)
            total += (label(state) < 0 ? none : Double(row[label(state)])) * scored.seconds(window)
            if window > 0, sequence[window - 1] != state { total -= options.changeCost }
          }
          if best.map({ isBetter(sequence, total, than: $0) }) ?? true {
            best = Candidate(states: sequence, total: total)
          }
          return
        }
        for state in states where !rises || place == 0 || state >= sequence[place - 1] {
          sequence[place] = state
          visit(place + 1)
        }
      }
      visit(0)
      return best?.states
    }
  }

  private func isBetter(_ states: [Int], _ total: Double, than other: Candidate) -> Bool {
    if total != other.total { return total > other.total }
    guard let place = states.indices.first(where: { states[$0] != other.states[$0] }) else { return false }
    if place > 0, states[place] == states[place - 1] { return true }
    if place > 0, other.states[place] == states[place - 1] { return false }
    return states[place] < other.states[place]
  }

  /// Whether every segment but those of none, -1, has the least duration.
  private func lastsLongEnough(_ windows: ScoredWindows, _ states: [Int], _ options: SegmentOptions) -> Bool {
    var first = 0
    for place in 1...states.count where place == states.count || states[place] != states[first] {
      if states[first] >= 0, windows.begin(place) - windows.begin(first) < options.minDuration {
        return false
      }
      first = place
    }
    return true
  }

  /// The segments of a sequence of states.
  private func runs(
    _ windows: Windows, _ states: [Int], label: (Int) -> Int, step: (Int) -> Int
  ) throws -> [[Int64]] {
    try windows.withScored { windows in
      var result: [[Int64]] = []
      var first = 0
      for place in 1...states.count where place == states.count || states[place] != states[first] {
        result.append(
          [
            windows.begin(first), windows.begin(place), Int64(label(states[first])),
            Int64(step(states[first])),
          ])
        first = place
      }
      return result
    }
  }

  private func rows(_ segments: [Segment]) -> [[Int64]] {
    segments.map { [$0.start, $0.end, Int64($0.label), Int64($0.step)] }
  }

  @Test func viterbiIsTheBestOfAllLabelings() throws {
    var generator = Generator(state: 3)
    for round in 0..<72 {
      let windows = windows(&generator)
      let options = options(round)
      let hasNone = options.noneLabel != nil || options.noneScore > -.infinity
      let states = (hasNone ? [-1] : []) + (0..<3).filter { $0 != options.noneLabel }
      let expected = try best(windows, states: states, options, label: { $0 }, allowed: { _ in true })
      let found = try windows.segments { try $0.viterbiSegments(options, to: &$1) }
      #expect(try rows(found) == runs(windows, #require(expected), label: { $0 }, step: { _ in -1 }))
    }
  }

  @Test func orderedIsTheBestOfAllOrdersOfItsSteps() throws {
    var generator = Generator(state: 5)
    let lists: [(steps: [Int32], optional: [Int32])] = [
      ([0, 1, 2], [0, 0, 0]), ([2, 0], [0, 1]), ([1, 1], [0, 0]), ([0, 1, 0], [1, 0, 1]), ([0, 1], [1, 1]),
      ([2], [0]), ([0, 1, 2, 0], [0, 0, 0, 0]),
    ]
    var impossible = 0
    for round in 0..<72 {
      let windows = windows(&generator)
      let options = options(round)
      let list = lists[round % lists.count]
      let hasNone = options.noneLabel != nil || options.noneScore > -.infinity
      // State 2 k is none before step k, and 2 k + 1 is step k.
      func label(_ state: Int) -> Int { state % 2 == 0 ? -1 : Int(list.steps[state / 2]) }
      let states = (0...2 * list.steps.count).filter { hasNone || $0 % 2 == 1 }
      let expected = try best(windows, states: states, rises: true, options, label: label) { sequence in
        var seen: [Int] = []
        for (place, state) in sequence.enumerated() where place == 0 || sequence[place - 1] != state {
          // None stands right after the latest step, or before any.
          if state % 2 == 0, place > 0, state != (seen.last ?? -2) + 1 { return false }
          if state % 2 == 0, place == 0, state != 0 { return false }
          if state % 2 == 1 { seen.append(state) }
        }
        return list.optional.indices.allSatisfy { list.optional[$0] == 1 || seen.contains(2 * $0 + 1) }
      }
      let find = { () throws -> [Segment] in
        try list.steps.withUnsafeBufferPointer { steps in
          try list.optional.withUnsafeBufferPointer { optional in
            try windows.segments {
              try $0.orderedSegments(steps: steps, optional: optional.baseAddress, options, to: &$1)
            }
          }
        }
      }
      if let expected {
        let step = { (state: Int) in state % 2 == 0 ? -1 : state / 2 }
        #expect(try rows(find()) == runs(windows, expected, label: label, step: step))
      } else {
        impossible += 1
        #expect(throws: Failure.self) { _ = try find() }
      }
    }
    #expect(impossible > 0 && impossible < 36)
  }

  @Test func meanGivesEachMomentToTheBestMean() throws {
    // Windows of 4 frames, 2 apart: frames 2 and 3 have two of them.
    let windows = Windows([[0.9, 0.1], [0.2, 0.6], [0.4, 0.5]], length: 4, hop: 2)
    let found = try windows.segments { try $0.meanSegments(SegmentOptions(), thresholds: nil, to: &$1) }
    #expect(rows(found) == [[0, 4, 0, -1], [4, 8, 1, -1]])
    #expect(abs(found[0].score - (0.9 * 2 + 0.55 * 2) / 4) < 1e-7 && abs(found[1].score - 0.525) < 1e-7)
    let below = try windows.segments { windows, segments in
      try [0.6, 0.1].withUnsafeBufferPointer {
        try windows.meanSegments(SegmentOptions(), thresholds: $0.baseAddress, to: &segments)
      }
    }
    #expect(rows(below) == [[0, 2, 0, -1], [2, 4, -1, -1], [4, 8, 1, -1]])
    var options = SegmentOptions()
    options.noneLabel = 1
    let none = try windows.segments { try $0.meanSegments(options, thresholds: nil, to: &$1) }
    #expect(rows(none) == [[0, 4, 0, -1], [4, 8, -1, -1]])
  }

  @Test func meanLeavesOutWhatNoWindowCovers() throws {
    let windows = Windows([[0.9], [0.9], [0.9]], length: 4, hop: 10)
    let found = try windows.segments { try $0.meanSegments(SegmentOptions(), thresholds: nil, to: &$1) }
    #expect(rows(found) == [[0, 4, 0, -1], [10, 14, 0, -1], [20, 24, 0, -1]])
    let instants = Windows([[0.9], [0.9]], length: 0, hop: 10)
    #expect(try instants.segments { try $0.meanSegments(SegmentOptions(), thresholds: nil, to: &$1) } == [])
  }

  @Test func hysteresisHasNoSegmentOfNoLength() throws {
    // One window without a length, as a picture has it, is an event that ends where it starts.
    let instant = Windows([[0.9, 0.1]], length: 0)
    var options = TrackerOptions()
    options.minOn = 0
    #expect(try instant.events(options).map(\.kind) == [.started, .ended])
    #expect(try instant.segments { try $0.events(options, on: nil, off: nil, to: &$1) } == [])
  }

  @Test func hysteresisGivesTheEventsOfATracker() throws {
    var generator = Generator(state: 11)
    let windows = Windows(
      (0..<60).map { _ in (0..<3).map { _ in Float.random(in: 0...1, using: &generator) } })
    for mode in [TrackerOptions.Mode.exclusive, .independent] {
      var options = TrackerOptions()
      options.mode = mode
      let ended = try windows.events(options).filter { $0.kind == .ended }
      let found = try windows.segments { try $0.events(options, on: nil, off: nil, to: &$1) }
      let sorted = ended.sorted { ($0.start, $0.label) < ($1.start, $1.label) }
      #expect(
        found == sorted.map { Segment(start: $0.start, end: $0.end, label: $0.label, score: $0.mean) })
      #expect(!found.isEmpty)
    }
  }
}
