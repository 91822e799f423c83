import Glibc
import System

/// A tracker's memory and rules. docs/EVENTS.md has the rules in words. One thread at a time uses it.
final class TrackerState {
  let options: TrackerOptions
  private(set) var labelCount: Int
  /// Thresholds of each label. [labels]
  private let on: GrowingArray<Double>
  private let off: GrowingArray<Double>

  private var previous: WindowTime?
  private var isFinished = false
  /// Scores of the latest window, smoothed. [labels]
  private var smoothed: GrowingArray<Double>
  /// The latest factor of smoothing, and the time between windows that it is for.
  private var factor = (elapsed: Int64(-1), weight: 1.0)
  /// End of each label's latest event, or `never`. [labels]
  var lastEnd: GrowingArray<Int64>
  static let never = Int64.min

  /// Runs of each label, where labels are independent. [labels]
  private var runs: GrowingArray<Run?>
  private var exclusive = ExclusiveRuns()
  private var events: FixedRing<Event>
  private var nextNumber: Int64 = 0
  /// End of the window that decides now.
  private var decided: Int64 = 0

  init(labelCount: Int, _ options: TrackerOptions) throws(Failure) {
    try options.check(labelCount: labelCount)
    self.options = options
    self.labelCount = labelCount
    on = try GrowingArray(repeating: options.on, count: labelCount)
    off = try GrowingArray(repeating: options.off, count: labelCount)
    smoothed = try GrowingArray(repeating: 0, count: labelCount)
    lastEnd = try GrowingArray(repeating: TrackerState.never, count: labelCount)
    runs = try GrowingArray(repeating: nil, count: options.mode == .independent ? labelCount : 0)
    events = try FixedRing(capacity: 3 * TrackerState.eventsOfPush(labelCount, options.mode))
  }

  /// The most events that a push or `finish` can make.
  static func eventsOfPush(_ labelCount: Int, _ mode: TrackerOptions.Mode) -> Int {
    mode == .exclusive ? 16 : 5 * labelCount
  }

  /// Gives a label thresholds of its own, in place of those of the options.
  func setThresholds(of label: Int, on: Double, off: Double) throws(Failure) {
    try TrackerOptions.check(on: on, off: off, " of label \(label)")
    self.on.base[label] = on
    self.off.base[label] = off
  }

  // MARK: - Windows in, events out

  /// Takes the scores of a window. Throws, and takes nothing, if they are refused.
  func push(_ window: WindowTime, _ scores: UnsafePointer<Float>) throws(Failure) {
    try window.check(after: previous)
    guard !isFinished else { throw .argument("the tracker is finished: reset it before new windows") }
    let limit = TrackerState.eventsOfPush(labelCount, options.mode)
    guard events.count <= limit else {
      throw Failure(
        .bufferTooSmall, "\(events.count) events wait, more than \(limit): take them before the next window")
    }
    for label in 0..<labelCount where !scores[label].isFinite {
      throw Failure(.notFinite, "the score of label \(label) is \(scores[label]), expected a finite number")
    }
    decided = window.end
    var begin = window.start
    if let before = previous {
      if options.gap > 0, window.start - before.end > options.gap {
        endRuns(at: before.end)
        previous = nil
      } else {
        begin = WindowTime.between(before, window)
      }
    }
    smooth(scores, at: window.moment)
    switch options.mode {
    case .independent: for label in 0..<labelCount { advance(label, from: begin, to: window.moment) }
    case .exclusive: exclusive.advance(self, from: begin, to: window.moment)
    }
    previous = window
  }

  func next() -> Event? { events.count > 0 ? events.removeFirst().element : nil }

  /// Ends every event with the latest window. Nothing happens the second time.
  func finish() {
    guard !isFinished else { return }
    isFinished = true
    if let previous { endRuns(at: previous.end) }
  }

  /// Forgets every window and event.
  func reset() {
    (previous, isFinished, nextNumber, factor) = (nil, false, 0, (-1, 1))
    lastEnd.buffer.update(repeating: TrackerState.never)
    runs.buffer.update(repeating: nil)
    exclusive = ExclusiveRuns()
    events.removeAll()
  }

  // MARK: - Scores

  /// Old scores count half after `halfLife`: s = p + 2^(-elapsed / halfLife) (s before - p).
  private func smooth(_ scores: UnsafePointer<Float>, at moment: Int64) {
    guard let previous, options.halfLife > 0 else {
      for label in 0..<labelCount { smoothed.base[label] = Double(scores[label]) }
      return
    }
    let elapsed = moment - previous.moment
    if elapsed != factor.elapsed {
      factor = (elapsed, exp2(-(Double(elapsed) / Double(options.halfLife))))
    }
    for label in 0..<labelCount {
      let score = Double(scores[label])
      smoothed.base[label] = score + factor.weight * (smoothed.base[label] - score)
    }
  }

  func score(_ label: Int) -> Double { smoothed[label] }
  func reachesOn(_ label: Int) -> Bool { smoothed[label] >= on[label] }
  func reachesOff(_ label: Int) -> Bool { smoothed[label] >= off[label] }

  /// Whether a label may start at a time: its latest event has ended long enough before.
  func isFree(_ label: Int, at time: Int64) -> Bool {
    lastEnd[label] == TrackerState.never || time - lastEnd[label] >= options.minOff
  }

  // MARK: - Runs

  private func advance(_ label: Int, from begin: Int64, to moment: Int64) {
    guard label != options.noneLabel else { return }
    var run = runs[label]
    reach(&run, begin)
    let isOn =
      run?.isOn == true
      ? reachesOff(label) : reachesOn(label) && (run != nil || isFree(label, at: begin))
    if !isOn { run?.turnOff(at: begin) }
    settle(&run, isOn: isOn, from: begin, to: moment)
    if isOn {
      if run == nil { run = Run(label: label, start: begin) }
      goOn(&run, to: moment)
    }
    runs[label] = run
  }

  /// A label that was on is so until `time` at least.
  func reach(_ run: inout Run?, _ time: Int64) {
    guard run?.isOn == true else { return }
    start(&run, knownTo: time)
    split(&run, at: time)
  }

  /// Decides about the gap of a run whose label is off: the run goes on if the label is back in time, ends if it has been
  /// off for too long, and else stays undecided. Returns whether the label is back.
  @discardableResult
  func settle(_ run: inout Run?, isOn: Bool, from begin: Int64, to moment: Int64) -> Bool {
    guard let since = run?.offSince, let label = run?.label else { return false }
    if isOn, begin - since < options.minOff {
      run?.resume()
      return true
    }
    if isOn || moment - since >= options.minOff { close(&run) } else { run?.addOff(smoothed[label]) }
    return false
  }

  /// The label of a run is on in the window of a moment.
  func goOn(_ run: inout Run?, to moment: Int64) {
    guard let label = run?.label else { return }
    if isTooLong(run, at: moment) {
      start(&run, knownTo: moment)
      split(&run, at: moment)
    }
    run?.add(smoothed[label], at: moment)
    start(&run, knownTo: moment)
    guard options.update > 0, let open = run, open.number != nil, decided - open.reported >= options.update
    else { return }
    report(.updated, &run, end: moment)
  }

  /// Whether a run becomes an event now that it is known to last until `time`. An event needs a window in which its label
  /// is on.
  func isDue(_ run: Run?, knownTo time: Int64) -> Bool {
    guard let run, run.number == nil, run.peak > -.infinity else { return false }
    return time - run.start >= options.minOn
  }

  func start(_ run: inout Run?, knownTo time: Int64) {
    guard isDue(run, knownTo: time) else { return }
    run?.number = nextNumber
    nextNumber += 1
    report(.started, &run, end: time)
  }

  private func isTooLong(_ run: Run?, at time: Int64) -> Bool {
    guard options.maxEvent > 0, let run else { return false }
    return time - run.start >= options.maxEvent
  }

  /// Ends an event that has become too long, and begins a new run where it ends: after a multiple of the longest
  /// duration, and not before the middle of its last window.
  private func split(_ run: inout Run?, at time: Int64) {
    guard isTooLong(run, at: time), let long = run, long.number != nil else { return }
    let end = long.start + (time - long.start) / options.maxEvent * options.maxEvent
    guard end >= long.lastMoment else { return }
    report(.ended, &run, end: end)
    run = Run(label: long.label, start: end)
  }

  /// Ends the event of a run where its label went off. A run that never became an event is dropped.
  func close(_ run: inout Run?) {
    if let end = run?.offSince, run?.number != nil { report(.ended, &run, end: end) }
    run = nil
  }

  private func endRuns(at time: Int64) {
    for label in 0..<runs.count {
      reach(&runs.base[label], time)
      runs.base[label]?.turnOff(at: time)
      close(&runs.base[label])
    }
    exclusive.end(self, at: time)
  }

  private func report(_ kind: Event.Kind, _ run: inout Run?, end: Int64) {
    guard let open = run, let number = open.number else { return }
    if kind == .ended { lastEnd[open.label] = end } else { run?.reported = decided }
    events.append(
      Event(
        kind: kind, label: open.label, number: number, start: open.start, end: end, decided: decided,
        peakTime: open.peakTime, peak: open.peak, mean: open.mean))
  }
}
