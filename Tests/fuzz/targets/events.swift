// fuzz: -max_len=512
import Glibc
import System

@testable import Events

/// An input taken apart into numbers, from front to back; beyond the end all are 0.
private struct Reader {
  let bytes: UnsafeBufferPointer<UInt8>
  var place = 0
  var isAtEnd: Bool { place >= bytes.count }

  mutating func byte() -> UInt8 {
    guard !isAtEnd else { return 0 }
    place += 1
    return bytes[place - 1]
  }
  mutating func bits() -> UInt64 { (0..<8).reduce(UInt64(0)) { all, _ in all << 8 | UInt64(byte()) } }

  /// A time or a duration: mostly tenths of a second, sometimes any number.
  mutating func time() -> Int64 {
    let first = byte()
    if first < 0xF0 { return Int64(first % 40) * 100_000_000 }
    return first < 0xF8 ? Int64(byte()) - 128 : Int64(bitPattern: bits())
  }

  /// A score: mostly 0 to 1 in steps that are often equal, sometimes any number.
  mutating func score() -> Float {
    let first = byte()
    return first < 0xFC ? Float(first % 17) / 16 : Float(bitPattern: UInt32(truncatingIfNeeded: bits()))
  }
}

private struct Input {
  var starts: [Int64] = []
  var ends: [Int64] = []
  var scores: [Float] = []
  let labels: Int

  init(_ reader: inout Reader, labels: Int, most: Int) {
    self.labels = labels
    var (start, end) = (Int64(0), Int64(0))
    while !reader.isAtEnd, starts.count < most {
      let (step, length) = (reader.time(), reader.time())
      start = start &+ (reader.byte() < 0xF8 ? step & Int64.max : step)
      end = max(end &+ 1, start &+ length)
      if reader.byte() > 0xFC { end = reader.time() }
      starts.append(start)
      ends.append(end)
      for _ in 0..<labels { scores.append(reader.score()) }
    }
  }
}

private func trackerOptions(_ reader: inout Reader, labels: Int) -> TrackerOptions {
  var options = TrackerOptions()
  let choices = reader.byte()
  if choices & 1 != 0 { options.mode = .independent }
  (options.on, options.off) = (Double(reader.score()), Double(reader.score()))
  if choices & 2 == 0 { options.off = min(options.on, options.off) }
  options.margin = choices & 4 == 0 ? 0 : Double(reader.score())
  (options.minOn, options.minOff, options.halfLife) = (reader.time(), reader.time(), reader.time())
  if choices & 8 != 0 { options.maxEvent = reader.time() }
  if choices & 16 != 0 { options.maxEvent = max(options.maxEvent, options.minOn, options.minOff) }
  if choices & 32 != 0 { options.update = reader.time() }
  options.gap = reader.time()
  options.noneLabel = choices & 64 == 0 ? nil : Int(reader.byte() % 8)
  return options
}

private func check(_ message: Failure) {
  precondition(!message.message.isEmpty && !message.message.contains("\n"))
}

/// Gives a tracker the windows; wrong ones are refused, and those before and after keep their promises.
private func track(_ reader: inout Reader, _ input: Input, _ options: TrackerOptions) throws(Failure) {
  let tracker = try TrackerState(labelCount: input.labels, options)
  var open: [Int: Event] = [:]
  var next: Int64 = 0
  func take() {
    while let event = tracker.next() {
      precondition(event.peak.isFinite && event.mean.isFinite && event.peak >= options.off)
      precondition(event.start <= event.peakTime && event.peakTime <= event.end && event.end <= event.decided)
      precondition(event.label != options.noneLabel && (0..<input.labels).contains(event.label))
      switch event.kind {
      case .started:
        precondition(open[event.label] == nil && (options.mode == .independent || open.isEmpty))
        precondition(event.number == next && event.end - event.start >= options.minOn)
        next += 1
        open[event.label] = event
      case .updated: precondition(open[event.label]?.number == event.number)
      case .ended:
        let start = open.removeValue(forKey: event.label)
        precondition(start?.number == event.number && start?.start == event.start)
        precondition(event.end - event.start >= options.minOn)
      }
    }
  }
  let keepsWaiting = reader.byte() & 1 != 0
  input.scores.withUnsafeBufferPointer { scores in
    guard let scores = scores.baseAddress else { return }
    for window in input.starts.indices {
      do throws(Failure) {
        try tracker.push(
          WindowTime(start: input.starts[window], end: input.ends[window]), scores + window * input.labels)
      } catch { check(error) }
      if !keepsWaiting || window % 8 == 7 { take() }
    }
  }
  tracker.finish()
  take()
  precondition(open.isEmpty)
}

/// Finds segments or thresholds of windows that are a whole file.
private func decode(_ reader: inout Reader, _ way: UInt8, _ windows: ScoredWindows) throws(Failure) {
  var options = SegmentOptions()
  options.changeCost = Double(reader.score())
  options.minDuration = reader.time()
  options.noneLabel = reader.byte() & 1 == 0 ? nil : Int(reader.byte() % 8)
  if reader.byte() & 1 != 0 { options.noneScore = Double(reader.score()) }
  let tracker = trackerOptions(&reader, labels: windows.labelCount)
  let thresholds = (0..<windows.labelCount).map { _ in Double(reader.score()) }
  let steps = (0..<reader.byte() % 6).map { _ in Int32(reader.byte() % 8) }
  let optional = steps.map { _ in Int32(reader.byte() & 1) }
  var found = GrowingArray<Segment>()
  switch way {
  case 0: try windows.meanSegments(options, thresholds: thresholds, to: &found)
  case 1: try windows.events(tracker, on: nil, off: nil, to: &found)
  case 2: try windows.viterbiSegments(options, to: &found)
  case 3:
    try steps.withUnsafeBufferPointer { (steps) throws(Failure) in
      try windows.orderedSegments(steps: steps, optional: optional, options, to: &found)
    }
  default: return try suggest(&reader, windows, tracker)
  }
  var last: Segment?
  for segment in found.view {
    precondition(segment.start < segment.end && segment.label < windows.labelCount && segment.label >= -1)
    precondition(segment.start >= windows.begin(0) && segment.end <= windows.begin(windows.count))
    precondition(segment.step >= -1 && segment.step < steps.count && !segment.score.isNaN)
    if let last { precondition(last.start <= segment.start && (way == 1 || last.end <= segment.start)) }
    if way >= 2 { precondition((last?.end ?? windows.begin(0)) == segment.start) }
    last = segment
  }
}

private func suggest(
  _ reader: inout Reader, _ windows: ScoredWindows, _ options: TrackerOptions
) throws(Failure) {
  let spans = (0..<1 + reader.byte() % 4).map { _ in
    let (label, start) = (Int(reader.byte() % 8), reader.time())
    return LabelledSpan(label: label, start: start, end: start &+ reader.time())
  }
  let search = try spans.withUnsafeBufferPointer { (spans) throws(Failure) in
    try ThresholdSearch(windows, spans, options)
  }
  for label in 0..<min(2, windows.labelCount) {
    guard let best = try search.best(label: label) else { continue }
    precondition(best.off <= best.on && best.on.isFinite && best.f1 >= 0 && best.f1 <= 1 + 1e-9)
  }
}

/// Any windows of any scores: given to a tracker one by one, or to the ways of finding segments and thresholds.
@_cdecl("fuzz_events")
public func fuzz(_ data: UnsafePointer<UInt8>?, _ size: Int) -> Int32 {
  var reader = Reader(bytes: UnsafeBufferPointer(start: data, count: size))
  let (way, labels) = (reader.byte() % 8, Int(1 + reader.byte() % 6))
  var settings = Reader(bytes: UnsafeBufferPointer(rebasing: reader.bytes.prefix(64)), place: 2)
  reader.place = min(64, size)
  // A search for thresholds runs a tracker a thousand times.
  let input = Input(&reader, labels: labels, most: way == 4 ? 8 : 64)
  do throws(Failure) {
    if way >= 5 {
      let options = trackerOptions(&settings, labels: labels)
      try track(&settings, input, options)
    } else if !input.starts.isEmpty {
      try withWindows(input) { (windows) throws(Failure) in try decode(&settings, way, windows) }
    }
  } catch { check(error) }
  return 0
}

private func withWindows(
  _ input: Input, _ body: (ScoredWindows) throws(Failure) -> Void
) throws(Failure) {
  try input.starts.withUnsafeBufferPointer { (starts) throws(Failure) in
    try input.ends.withUnsafeBufferPointer { (ends) throws(Failure) in
      try input.scores.withUnsafeBufferPointer { (scores) throws(Failure) in
        guard let starts = starts.baseAddress, let ends = ends.baseAddress, let scores = scores.baseAddress
        else {
          return
        }
        try body(
          ScoredWindows(
            input.starts.count, labelCount: input.labels, starts: starts, ends: ends, scores: scores))
      }
    }
  }
}
