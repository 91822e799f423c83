/// A stretch of time in which a label is on, shorter gaps included: an event, or what may become one.
struct Run: BitwiseCopyable {
  let label: Int
  let start: Int64
  /// Number of the event that has started; nil while the run is too short to be one.
  var number: Int64?
  /// Time since when the label is off; nil while it is on.
  var offSince: Int64?
  /// When the event was reported last.
  var reported: Int64 = 0

  /// Windows in the run, and those since it is off, which are in it only if the label comes back in time.
  private(set) var inside = Sum()
  private var since = Sum()
  private(set) var peak = -Double.infinity
  private(set) var peakTime: Int64 = 0
  /// Moment of the latest window in which the label was on.
  private(set) var lastMoment = Int64.min

  struct Sum: BitwiseCopyable {
    var count = 0.0
    var scores = 0.0

    mutating func add(_ other: Sum) {
      count += other.count
      scores += other.scores
    }
  }

  init(label: Int, start: Int64) {
    self.label = label
    self.start = start
  }

  var isOn: Bool { offSince == nil }
  var mean: Double { inside.scores / inside.count }

  /// Adds a window in which the label is on.
  mutating func add(_ score: Double, at moment: Int64) {
    inside.add(Sum(count: 1, scores: score))
    lastMoment = moment
    if score > peak { (peak, peakTime) = (score, moment) }
  }

  /// Adds a window in which the label is off.
  mutating func addOff(_ score: Double) { since.add(Sum(count: 1, scores: score)) }

  /// The label is off from `time` on, unless it has been off before.
  mutating func turnOff(at time: Int64) {
    guard isOn else { return }
    offSince = time
    since = Sum()
  }

  /// The label is on again, and the gap belongs to the run.
  mutating func resume() {
    offSince = nil
    inside.add(since)
  }
}
