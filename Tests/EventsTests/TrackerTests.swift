import Glibc
import System
import Testing

@testable import Events

/// Tests of the promises that a tracker makes about its events. Tests/python/test_events.py compares every number with a
/// program of the rules.
@Suite struct TrackerTests {
  private func options(_ change: (inout TrackerOptions) -> Void = { _ in }) -> TrackerOptions {
    var options = TrackerOptions.plain
    change(&options)
    return options
  }

  @Test func anEventBeginsAndEndsBetweenTheMiddlesOfWindows() throws {
    // Middles at 1, 1.25, ... s: on from the window of 2 s on, off from that of 4 s on.
    let scores = (0..<20).map { [Float($0 >= 4 && $0 < 12 ? 0.9 : 0.1)] }
    let events = try Windows(scores).events(options())
    #expect(events.map(\.kind) == [.started, .ended])
    #expect(events.allSatisfy { $0.start == second * 15 / 8 && $0.number == 0 && $0.label == 0 })
    // Half a second after the start, the window from 1.5 to 3.5 s begins to count.
    #expect(events[0].end == second * 19 / 8 && events[0].decided == second * 7 / 2)
    #expect(events[1].end == second * 31 / 8 && events[1].decided == second * 11 / 2)
    #expect(events[1].peakTime == 2 * second && events[1].peak == Double(Float(0.9)))
  }

  @Test func anEventCoversTheWholeInputIfItsLabelIsAlwaysOn() throws {
    let events = try Windows([[0.9], [0.9], [0.9]]).events(options())
    #expect(events.map(\.start) == [0, 0] && events.map(\.kind) == [.started, .ended])
    #expect(events[1].end == second * 5 / 2)
  }

  @Test func flickerRoundTheThresholdIsOneEvent() throws {
    var generator = Generator(state: 1)
    for (on, off) in [(0.5, 0.45), (0.5, 0.5)] {
      // A minute at 0.5, 0.02 more or less.
      let scores = (0..<240).map { index in
        [index == 0 ? 0.52 : 0.5 + Float.random(in: -0.02...0.02, using: &generator)]
      }
      for mode in [TrackerOptions.Mode.exclusive, .independent] {
        let chosen = options { ($0.mode, $0.on, $0.off, $0.minOff) = (mode, on, off, 5 * second) }
        #expect(try Windows(scores).events(chosen).map(\.kind) == [.started, .ended])
      }
    }
  }

  @Test func eventsOfALabelAreApartAndLongEnough() throws {
    var generator = Generator(state: 7)
    var total = 0
    for round in 0..<400 {
      let labels = 1 + round % 4
      let chosen = options {
        $0.mode = round % 3 == 0 ? .independent : .exclusive
        $0.off = [0.5, 0.4, 0.2][round % 3]
        $0.minOn = [0, 3, 8, 20][round / 4 % 4] * second / 10
        $0.minOff = [0, 3, 8, 20][round / 16 % 4] * second / 10
        $0.halfLife = [0, second / 2][round / 64 % 2]
        $0.maxEvent = [0, max($0.minOn, $0.minOff, second / 2), 3 * second][round / 2 % 3]
        $0.gap = [0, second][round / 8 % 2]
        $0.noneLabel = round % 5 == 0 ? 0 : nil
        $0.margin = round % 7 == 0 ? 0.1 : 0
        $0.update = round % 2 == 0 ? second : 0
      }
      var windows = Windows(
        (0..<80).map { _ in (0..<labels).map { _ in Float.random(in: 0...1, using: &generator) } })
      var shift: Int64 = 0
      for index in windows.times.indices {
        shift += Int64.random(in: 0...(round % 6 == 5 ? 3 * second : second / 3), using: &generator)
        if Int.random(in: 0..<40, using: &generator) == 0 { shift += 4 * second }
        windows.times[index].start += shift
        windows.times[index].end += shift
      }
      let events = try windows.events(chosen)
      total += events.count
      check(events, chosen, windows.times)
      #expect(try windows.events(chosen) == events)
    }
    #expect(total > 3000)
  }

  private func check(_ events: [Event], _ options: TrackerOptions, _ windows: [WindowTime]) {
    var open: [Int: Event] = [:]
    var ended: [Int: Event] = [:]
    var latest = Int64.min
    for event in events {
      #expect(event.label != options.noneLabel && event.decided >= latest && event.start <= event.end)
      #expect(event.peak.isFinite && event.mean.isFinite && event.peak >= options.off)
      #expect(event.peakTime >= event.start && event.peakTime <= event.end && event.end <= event.decided)
      latest = event.decided
      switch event.kind {
      case .started:
        #expect(open[event.label] == nil && event.end - event.start >= options.minOn)
        #expect(options.mode == .independent || open.isEmpty)
        #expect(isReportedInTime(event, options, windows))
        if let before = ended[event.label] {
          let gap = event.start - before.end
          #expect(gap >= options.minOff || gap == 0 && options.maxEvent > 0)
        }
        open[event.label] = event
      case .updated:
        #expect(open[event.label]?.number == event.number && open[event.label]?.start == event.start)
      case .ended:
        let start = open.removeValue(forKey: event.label)
        #expect(start?.number == event.number && start?.start == event.start)
        #expect(event.end - event.start >= options.minOn && event.end > event.start)
        ended[event.label] = event
      }
    }
    #expect(open.isEmpty)
    let numbers = events.filter { $0.kind == .started }.map(\.number)
    #expect(numbers == Array(0..<Int64(numbers.count)))
  }

  /// Whether a window reports a start as soon as it may: the one before it was too early, or the label was off in it.
  private func isReportedInTime(_ event: Event, _ options: TrackerOptions, _ windows: [WindowTime]) -> Bool {
    let seen = zip(windows, windows.dropFirst()).filter {
      $1.moment >= event.start && $1.end <= event.decided
    }
    // In the first window of all, or after a hole, nothing can be earlier.
    guard let last = seen.last, last.1.end == event.decided else { return true }
    let hop = seen.map { $1.moment - $0.moment }.max() ?? 0
    return last.1.moment - event.start <= options.minOn + options.minOff + hop
  }

  @Test func aLabelThatComesOnIsReportedAfterTheLeastTimeAndAHop() throws {
    var generator = Generator(state: 21)
    for round in 0..<300 {
      let hop = Int64.random(in: second / 20...second, using: &generator)
      let length = Int64.random(in: 0...3 * second, using: &generator)
      let chosen = options {
        $0.mode = round % 2 == 0 ? .exclusive : .independent
        $0.minOn = Int64.random(in: 0...2 * second, using: &generator)
        $0.halfLife = round % 3 == 0 ? 0 : Int64.random(in: second / 10...second, using: &generator)
      }
      let score = Double(Float.random(in: 0.6...1, using: &generator))
      let first = Int.random(in: 1..<20, using: &generator)
      let windows = Windows(
        (0..<120).map { [$0 < first ? 0 : Float(score), 0.1] }, length: length, hop: hop)
      let started = try #require(try windows.events(chosen).first)
      let begin = WindowTime.between(windows.times[first - 1], windows.times[first])
      // The smoothed score is on after so many half-lives.
      let smoothing = Double(chosen.halfLife) * log2(score / (score - chosen.on))
      #expect(started.kind == .started && started.start >= begin)
      #expect(Double(started.start - begin) <= smoothing + 1)
      #expect(started.decided - started.start <= chosen.minOn + hop + (length + 1) / 2)
    }
  }

  @Test func aLabelHandsOverOnceTheOtherLastsLongEnough() throws {
    let first: [Float] = [0.8, 0.2]
    let second: [Float] = [0.3, 0.9]
    let sequence = { (pattern: String) in pattern.map { $0 == "a" ? first : second } }
    // A glimpse of the second label is no event, and no gap in the first one.
    #expect(try Windows(sequence("aaaaaaaabaaaaaaaa")).events(options()).map(\.label) == [0, 0])
    let events = try Windows(sequence("aaaaaaaabbbbbbbb")).events(options())
    #expect(
      events.map(\.label) == [0, 0, 1, 1] && events.map(\.kind) == [.started, .ended, .started, .ended])
    #expect(events[1].end == events[2].start && events[1].decided == events[2].decided)
  }

  @Test func longEventsAreSplitWhereTheyTouch() throws {
    let chosen = options { $0.maxEvent = 3 * second }
    let events = try Windows((0..<41).map { _ in [0.9] }).events(chosen)
    let ended = events.filter { $0.kind == .ended }
    #expect(ended.map(\.start) == [0, 3, 6, 9].map { $0 * second })
    #expect(ended.map(\.end) == [3, 6, 9, 12].map { $0 * second })
  }

  @Test func aHoleEndsEveryEvent() throws {
    var windows = Windows((0..<16).map { _ in [0.9] })
    for index in 8..<16 {
      windows.times[index].start += 10 * second
      windows.times[index].end += 10 * second
    }
    let ended = try windows.events(options()).filter { $0.kind == .ended }
    #expect(ended.map(\.start) == [0, 12 * second] && ended[0].end == windows.times[7].end)
    #expect(ended[0].decided == windows.times[8].end)
    let through = try windows.events(options { $0.gap = 0 }).filter { $0.kind == .ended }
    #expect(through.count == 1)
  }

  @Test func aRefusedWindowChangesNothing() throws {
    let windows = Windows((0..<30).map { [Float($0 / 5 % 2), 0.3] })
    let expected = try windows.events(options())
    let tracker = try Tracker(labelCount: 2, options(), on: nil, off: nil)
    var events: [Event] = []
    for (time, row) in zip(windows.times, windows.scores) {
      for bad: [Float] in [[.nan, 0.3], [0.2, .infinity], [0.5]] {
        #expect(throws: Failure.self) { try tracker.push(time, bad) }
      }
      try tracker.push(time, row)
      #expect(throws: Failure.self) { try tracker.push(time, row) }
      let later = WindowTime(start: time.start - 1, end: time.end + 1)
      #expect(throws: Failure.self) { try tracker.push(later, row) }
      let turned = WindowTime(start: time.end + 2, end: time.end + 1)
      #expect(throws: Failure.self) { try tracker.push(turned, row) }
      while let event = tracker.next() { events.append(event) }
    }
    tracker.finish()
    while let event = tracker.next() { events.append(event) }
    #expect(events == expected)
  }

  @Test func aTrackerWhoseEventsNobodyTakesRefusesWindowsAndLosesNone() throws {
    let chosen = options { ($0.minOn, $0.minOff, $0.mode) = (0, 0, .independent) }
    let windows = Windows((0..<60).map { [Float($0 % 2), Float(($0 + 1) % 2)] })
    let expected = try windows.events(chosen)
    let tracker = try Tracker(labelCount: 2, chosen, on: nil, off: nil)
    var events: [Event] = []
    var refused = 0
    for (time, row) in zip(windows.times, windows.scores) {
      do { try tracker.push(time, row) } catch {
        refused += 1
        #expect((error as? Failure)?.kind == .bufferTooSmall)
        while let event = tracker.next() { events.append(event) }
        try tracker.push(time, row)
      }
    }
    tracker.finish()
    while let event = tracker.next() { events.append(event) }
    #expect(events == expected && refused > 2)
  }

  @Test func aResetTrackerIsAsNew() throws {
    let windows = Windows((0..<30).map { [Float($0 / 5 % 2), 0.3] })
    let expected = try windows.events(options())
    let tracker = try Tracker(labelCount: 2, options(), on: nil, off: nil)
    for labels in [2, 3, 2] {
      try tracker.push(WindowTime(start: 0, end: 5), [0, 1])
      tracker.finish()
      #expect(throws: Failure.self) { try tracker.push(WindowTime(start: 1, end: 6), [0, 1]) }
      try tracker.reset(labelCount: labels)
      #expect(tracker.next() == nil)
      if labels == 3 {
        try tracker.push(WindowTime(start: 0, end: 5), [0, 1, 2])
        try tracker.reset(labelCount: 2)
      }
    }
    var events: [Event] = []
    for (time, row) in zip(windows.times, windows.scores) {
      try tracker.push(time, row)
      while let event = tracker.next() { events.append(event) }
    }
    tracker.finish()
    while let event = tracker.next() { events.append(event) }
    #expect(events == expected)
  }

  @Test func contradictionsAmongOptionsAreRefused() throws {
    let wrong: [(inout TrackerOptions) -> Void] = [
      { $0.off = 0.6 }, { $0.on = .nan }, { $0.off = -.infinity }, { $0.margin = -1 }, { $0.margin = .nan },
      { $0.minOn = -1 }, { $0.gap = -1 }, { $0.maxEvent = 1 }, { $0.noneLabel = 2 }, { $0.noneLabel = -2 },
    ]
    for change in wrong {
      #expect(throws: Failure.self) {
        _ = try Tracker(labelCount: 2, options(change), on: nil, off: nil)
      }
    }
  }
}
