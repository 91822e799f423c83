import System

@testable import Events

let second: Int64 = 1_000_000_000

/// Random numbers that are the same in every run (SplitMix64).
struct Generator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}

/// Windows with their scores, as a test has them.
struct Windows {
  var times: [WindowTime] = []
  var scores: [[Float]] = []

  /// Windows of `length` nanoseconds, `hop` apart, the first from 0 on.
  init(_ scores: [[Float]], length: Int64 = 2 * second, hop: Int64 = second / 4) {
    self.scores = scores
    times = scores.indices.map { WindowTime(start: Int64($0) * hop, end: Int64($0) * hop + length) }
  }

  /// Runs a body on the windows as the room takes them.
  func withScored<R>(_ body: (ScoredWindows) throws -> R) throws -> R {
    let starts = times.map(\.start)
    let ends = times.map(\.end)
    return try starts.withUnsafeBufferPointer { starts in
      try ends.withUnsafeBufferPointer { ends in
        try scores.flatMap { $0 }.withUnsafeBufferPointer { flat in
          guard let starts = starts.baseAddress, let ends = ends.baseAddress, let flat = flat.baseAddress
          else {
            throw Failure.argument("a test without windows")
          }
          return try body(
            ScoredWindows(
              times.count, labelCount: scores[0].count, starts: starts, ends: ends, scores: flat))
        }
      }
    }
  }

  /// Segments as an array.
  func segments(
    _ find: (ScoredWindows, inout GrowingArray<Segment>) throws -> Void
  ) throws -> [Segment] {
    try withScored { windows in
      var found = GrowingArray<Segment>()
      try find(windows, &found)
      return Array(found.view)
    }
  }

  /// All events of a tracker that gets the windows, taken after each one.
  func events(_ options: TrackerOptions) throws -> [Event] {
    let tracker = try Tracker(labelCount: scores[0].count, options, on: nil, off: nil)
    var events: [Event] = []
    for (time, row) in zip(times, scores) {
      try tracker.push(time, row)
      while let event = tracker.next() { events.append(event) }
    }
    tracker.finish()
    while let event = tracker.next() { events.append(event) }
    return events
  }
}

extension TrackerOptions {
  /// Options without smoothing, by which events can be counted by hand.
  static var plain: TrackerOptions {
    var options = TrackerOptions()
    (options.on, options.off, options.halfLife) = (0.5, 0.4, 0)
    (options.minOn, options.minOff) = (second / 2, second / 2)
    return options
  }
}

extension Tracker {
  func push(_ time: WindowTime, _ scores: [Float]) throws {
    try scores.withUnsafeBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      try push(time, base, count: buffer.count)
    }
  }
}
