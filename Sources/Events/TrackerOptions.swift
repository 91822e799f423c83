import System

/// Options of a tracker, which turns the scores of windows into events. Times are in nanoseconds, 0 for none.
public struct TrackerOptions: Sendable {
  public enum Mode: Int32, Sendable {
    /// At most one label has an event at a time.
    case exclusive = 0
    /// Each label has events of its own, whatever the others do.
    case independent = 1
  }

  public var mode = Mode.exclusive
  /// Smoothed score from which on a label starts. This default and the next one are for probabilities of many labels.
  public var on = 0.4
  /// Smoothed score below which a label ends.
  public var off = 0.3
  /// In the exclusive mode, a label starts only if its smoothed score is above every other label's by this or more.
  public var margin = 0.0
  /// No event is shorter.
  public var minOn: Int64 = 1_000_000_000
  /// No gap between two events of a label is shorter.
  public var minOff: Int64 = 500_000_000
  /// Time after which a score counts half.
  public var halfLife: Int64 = 500_000_000
  /// Length at which an event is split in two.
  public var maxEvent: Int64 = 0
  /// Time from one report of an open event to the next.
  public var update: Int64 = 0
  /// A longer hole between two windows ends every event.
  public var gap: Int64 = 2_000_000_000
  /// Index of the label that means "nothing in particular", which has no events; nil: there is none.
  public var noneLabel: Int?

  public init() {}

  /// Throws if a number is out of its range, or contradicts another one.
  func check(labelCount: Int) throws(Failure) {
    try TrackerOptions.check(on: on, off: off, "")
    guard margin >= 0, margin.isFinite else {
      throw .argument("margin is \(margin), expected a finite number from 0 on")
    }
    for (name, time) in [
      ("min_on_ns", minOn), ("min_off_ns", minOff), ("half_life_ns", halfLife), ("max_event_ns", maxEvent),
      ("update_ns", update), ("gap_ns", gap),
    ] where time < 0 {
      throw .argument("\(name) is \(time), expected 0 or more nanoseconds")
    }
    guard maxEvent == 0 || maxEvent >= max(minOn, minOff) else {
      throw .argument(
        "max_event_ns is \(maxEvent), less than min_on_ns, \(minOn), or min_off_ns, \(minOff)")
    }
    if let noneLabel, !(0..<labelCount).contains(noneLabel) {
      throw .argument("none_label is \(noneLabel), expected -1 or an index below \(labelCount)")
    }
  }

  /// Throws unless two thresholds are finite and `off` is at most `on`; `place` follows their names in the message.
  static func check(on: Double, off: Double, _ place: String) throws(Failure) {
    guard on.isFinite, off.isFinite else {
      throw .argument("on\(place) is \(on) and off\(place) is \(off), expected finite numbers")
    }
    guard off <= on else {
      throw .argument("off\(place) is \(off), more than on\(place), \(on): a label would end as it starts")
    }
  }
}
