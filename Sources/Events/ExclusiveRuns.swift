/// The runs of a tracker whose labels exclude each other: the holder, and while the holder's label is off, the
/// challenger, which may become the holder. At most one of the two has an event.
struct ExclusiveRuns {
  private var holder: Run?
  private var challenger: Run?
  /// The label that is on, which may be the one for nothing in particular; nil: none is.
  private var current: Int?

  mutating func advance(_ tracker: TrackerState, from begin: Int64, to moment: Int64) {
    reach(tracker, begin)
    current = choice(tracker, at: begin)
    let label = current == tracker.options.noneLabel ? nil : current
    if challenger?.label != label { challenger?.turnOff(at: begin) }
    if holder?.label != label { holder?.turnOff(at: begin) }

    // The holder's label is back: a challenger has lost. Or the holder's time is over: the challenger is the next.
    while let before = holder {
      if tracker.settle(&holder, isOn: before.label == label, from: begin, to: moment) { challenger = nil }
      if holder != nil { break }
      (holder, challenger) = (challenger, nil)
    }
    tracker.settle(&challenger, isOn: challenger?.label == label, from: begin, to: moment)

    guard let label else { return }
    if holder == nil { holder = Run(label: label, start: begin) }
    if holder?.label == label { return tracker.goOn(&holder, to: moment) }
    if challenger?.label != label { challenger = Run(label: label, start: begin) }
    challenge(tracker, to: moment)
  }

  /// Ends everything at a time.
  mutating func end(_ tracker: TrackerState, at time: Int64) {
    reach(tracker, time)
    holder?.turnOff(at: time)
    tracker.close(&holder)
    self = ExclusiveRuns()
  }

  /// The best label, if it reaches its threshold by the margin and may start; else the one that is on, as long as it
  /// reaches its lower threshold. Of equal scores the first is the best.
  private func choice(_ tracker: TrackerState, at time: Int64) -> Int? {
    var (best, second) = (0, -Double.infinity)
    for label in 1..<max(tracker.labelCount, 1) {
      let score = tracker.score(label)
      if score > tracker.score(best) {
        (best, second) = (label, tracker.score(best))
      } else if score > second {
        second = score
      }
    }
    let leads = tracker.score(best) - second >= tracker.options.margin
    let hasRun = holder?.label == best || challenger?.label == best
    if tracker.reachesOn(best), leads, hasRun || tracker.isFree(best, at: time) { return best }
    if let current, tracker.reachesOff(current) { return current }
    return nil
  }

  /// The challenger's label is on in the window of a moment; an event of its own ends the holder's.
  private mutating func challenge(_ tracker: TrackerState, to moment: Int64) {
    guard let label = challenger?.label else { return }
    challenger?.add(tracker.score(label), at: moment)
    takeOver(tracker, knownTo: moment)
  }

  /// The label that was on is so until `time` at least.
  private mutating func reach(_ tracker: TrackerState, _ time: Int64) {
    if challenger?.isOn == true { takeOver(tracker, knownTo: time) }
    tracker.reach(&holder, time)
  }

  /// Makes the challenger the holder once it is long enough for an event.
  private mutating func takeOver(_ tracker: TrackerState, knownTo time: Int64) {
    guard tracker.isDue(challenger, knownTo: time) else { return }
    tracker.close(&holder)
    (holder, challenger) = (challenger, nil)
    tracker.start(&holder, knownTo: time)
  }
}
