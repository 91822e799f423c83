import CActionCLIP
import Events
import Session
import System

// Functions that turn scores into events and segments.

/// The sizes in bytes of the structs' first versions, the smallest ones that are accepted.
private let oldestTrackerOptions = 112
private let oldestEvent = 72
private let oldestSegmentOptions = 80
private let oldestSegment = 40

// MARK: - Trackers

private var defaultTrackerOptions: actionclip_tracker_options {
  let defaults = TrackerOptions()
  var options = actionclip_tracker_options()
  options.mode = defaults.mode.rawValue
  (options.on, options.off, options.margin) = (defaults.on, defaults.off, defaults.margin)
  (options.min_on_ns, options.min_off_ns) = (defaults.minOn, defaults.minOff)
  (options.half_life_ns, options.max_event_ns) = (defaults.halfLife, defaults.maxEvent)
  (options.update_ns, options.gap_ns) = (defaults.update, defaults.gap)
  options.none_label = -1
  return options
}

@_cdecl("actionclip_tracker_options_init_sized") @implementation
public func actionclip_tracker_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_tracker_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultTrackerOptions, oldest: oldestTrackerOptions)
}

@_cdecl("actionclip_tracker_create") @implementation
public func actionclip_tracker_create(
  _ label_count: Int, _ options: UnsafePointer<actionclip_tracker_options>!,
  _ tracker_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let labels = try labelCount(label_count)
    let given = try GivenTracker(options, labelCount: labels, "options")
    let out = try required(tracker_out, "tracker_out")
    out.pointee = try Handle.make(
      Tracker(labelCount: labels, given.options, on: given.on, off: given.off))
  }
}

@_cdecl("actionclip_tracker_push") @implementation
public func actionclip_tracker_push(
  _ tracker: OpaquePointer!, _ start_ns: Int64, _ end_ns: Int64, _ scores: UnsafePointer<Float>!,
  _ label_count: Int
) -> Int32 {
  boundary { () throws(Failure) in
    let tracker = try Handle.object(tracker, Tracker.self)
    let scores = try required(scores, "scores")
    try tracker.push(WindowTime(start: start_ns, end: end_ns), scores, count: label_count)
  }
}

@_cdecl("actionclip_tracker_next") @implementation
public func actionclip_tracker_next(
  _ tracker: OpaquePointer!, _ event_out: UnsafeMutablePointer<actionclip_event>!,
  _ found_out: UnsafeMutablePointer<Int32>!
) -> Int32 {
  boundary { () throws(Failure) in
    let tracker = try Handle.object(tracker, Tracker.self)
    let out = try required(event_out, "event_out")
    let found = try required(found_out, "found_out")
    try SizedStruct.checkSize(of: out, oldest: oldestEvent, "event_out")
    guard let event = tracker.next() else { return found.pointee = 0 }
    var row = actionclip_event()
    (row.kind, row.label, row.number) = (event.kind.rawValue, Int32(clamping: event.label), event.number)
    (row.start_ns, row.end_ns) = (event.start, event.end)
    (row.decided_ns, row.peak_ns) = (event.decided, event.peakTime)
    (row.peak, row.mean) = (event.peak, event.mean)
    try SizedStruct.write(row, to: out, oldest: oldestEvent, "event_out")
    found.pointee = 1
  }
}

@_cdecl("actionclip_tracker_finish") @implementation
public func actionclip_tracker_finish(_ tracker: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in try Handle.object(tracker, Tracker.self).finish() }
}

@_cdecl("actionclip_tracker_reset") @implementation
public func actionclip_tracker_reset(_ tracker: OpaquePointer!, _ label_count: Int) -> Int32 {
  boundary { () throws(Failure) in
    try Handle.object(tracker, Tracker.self).reset(labelCount: labelCount(label_count))
  }
}

@_cdecl("actionclip_tracker_free") @implementation
public func actionclip_tracker_free(_ tracker: OpaquePointer!) { Handle.release(tracker, Tracker.self) }

/// The caller's options of a tracker, checked; NULL gives the defaults. Pointers are the caller's.
private struct GivenTracker {
  var options = TrackerOptions()
  let on: UnsafePointer<Double>?  // [labels]
  let off: UnsafePointer<Double>?

  init(
    _ pointer: UnsafePointer<actionclip_tracker_options>?, labelCount: Int, _ name: String
  ) throws(Failure) {
    let given = try SizedStruct.read(
      pointer, defaults: defaultTrackerOptions, oldest: oldestTrackerOptions, name)
    guard given.reserved == 0 else { throw .argument("\(name): reserved is not 0") }
    guard let mode = TrackerOptions.Mode(rawValue: given.mode) else {
      throw .argument("mode is \(given.mode), expected ACTIONCLIP_TRACK_*")
    }
    (on, off) = (given.label_on.map { UnsafePointer($0) }, given.label_off.map { UnsafePointer($0) })
    guard given.label_count == labelCount || on == nil && off == nil else {
      throw .argument("label_on and label_off have \(given.label_count) labels, the scores \(labelCount)")
    }
    options.mode = mode
    (options.on, options.off, options.margin) = (given.on, given.off, given.margin)
    (options.minOn, options.minOff) = (given.min_on_ns, given.min_off_ns)
    (options.halfLife, options.maxEvent) = (given.half_life_ns, given.max_event_ns)
    (options.update, options.gap) = (given.update_ns, given.gap_ns)
    options.noneLabel = given.none_label == -1 ? nil : Int(given.none_label)
  }
}

// MARK: - Segments

private var defaultSegmentOptions: actionclip_segment_options {
  let defaults = SegmentOptions()
  var options = actionclip_segment_options()
  (options.change_cost, options.none_score) = (defaults.changeCost, defaults.noneScore)
  options.none_label = -1
  return options
}

@_cdecl("actionclip_segment_options_init_sized") @implementation
public func actionclip_segment_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_segment_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultSegmentOptions, oldest: oldestSegmentOptions)
}

@_cdecl("actionclip_find_segments") @implementation
public func actionclip_find_segments(
  _ starts_ns: UnsafePointer<Int64>!, _ ends_ns: UnsafePointer<Int64>!, _ scores: UnsafePointer<Float>!,
  _ window_count: Int, _ label_count: Int, _ options: UnsafePointer<actionclip_segment_options>!,
  _ segments_out: UnsafeMutablePointer<actionclip_segment>!, _ capacity: Int,
  _ count_out: UnsafeMutablePointer<Int>!
) -> Int32 {
  longCall { () throws(Failure) in
    let given = try SizedStruct.read(
      options, defaults: defaultSegmentOptions, oldest: oldestSegmentOptions, "options")
    let total = try required(count_out, "count_out")
    let windows = try scoredWindows(starts_ns, ends_ns, scores, window_count, label_count)
    if let segments_out {
      try SizedStruct.checkSize(of: segments_out, oldest: oldestSegment, "segments_out")
    }
    let segments = try findSegments(windows, given)
    if segments_out != nil || capacity != 0 {
      try write(
        segments, to: output(segments_out, capacity: capacity, needed: segments.count, "segments_out"))
    }
    total.pointee = segments.count
  }
}

private func findSegments(
  _ windows: ScoredWindows, _ given: actionclip_segment_options
) throws(Failure) -> GrowingArray<Segment> {
  guard given.reserved == 0 else { throw .argument("options: reserved is not 0") }
  var options = SegmentOptions()
  (options.changeCost, options.noneScore) = (given.change_cost, given.none_score)
  options.minDuration = given.min_duration_ns
  options.noneLabel = given.none_label == -1 ? nil : Int(given.none_label)
  var segments = GrowingArray<Segment>()
  switch given.method {
  case ACTIONCLIP_SEGMENTS_MEAN:
    try windows.meanSegments(options, thresholds: given.thresholds.map { UnsafePointer($0) }, to: &segments)
  case ACTIONCLIP_SEGMENTS_HYSTERESIS:
    let tracker = try GivenTracker(given.tracker, labelCount: windows.labelCount, "tracker")
    try windows.events(tracker.options, on: tracker.on, off: tracker.off, to: &segments)
  case ACTIONCLIP_SEGMENTS_VITERBI:
    try windows.viterbiSegments(options, to: &segments)
  case ACTIONCLIP_SEGMENTS_ORDERED:
    let steps = try required(given.steps, "steps")
    let count = try count(given.step_count, "step_count")
    try windows.orderedSegments(
      steps: UnsafeBufferPointer(start: steps, count: count), optional: given.step_optional, options,
      to: &segments)
  default:
    throw .argument("method is \(given.method), expected ACTIONCLIP_SEGMENTS_*")
  }
  return segments
}

/// Writes segments to an array whose elements are as far apart as the first one says.
private func write(
  _ segments: borrowing GrowingArray<Segment>, to out: UnsafeMutablePointer<actionclip_segment>
) throws(Failure) {
  let size = UnsafeRawPointer(out).loadUnaligned(as: UInt32.self)
  for index in 0..<segments.count {
    let place = UnsafeMutableRawPointer(out) + index * Int(size)
    place.storeBytes(of: size, as: UInt32.self)
    let segment = segments[index]
    var row = actionclip_segment()
    (row.label, row.step) = (Int32(clamping: segment.label), Int32(clamping: segment.step))
    (row.start_ns, row.end_ns, row.score) = (segment.start, segment.end, segment.score)
    try SizedStruct.write(
      row, to: place.assumingMemoryBound(to: actionclip_segment.self), oldest: oldestSegment, "segments_out")
  }
}

private func scoredWindows(
  _ starts: UnsafePointer<Int64>?, _ ends: UnsafePointer<Int64>?, _ scores: UnsafePointer<Float>?,
  _ windowCount: Int, _ givenLabels: Int
) throws(Failure) -> ScoredWindows {
  let windows = try count(windowCount, "window_count")
  let labels = try labelCount(givenLabels)
  _ = try product([windows, labels, 4], "scores")
  return try ScoredWindows(
    windows, labelCount: labels, starts: required(starts, "starts_ns"), ends: required(ends, "ends_ns"),
    scores: required(scores, "scores"))
}

// MARK: - Suggested thresholds

@_cdecl("actionclip_suggest_thresholds") @implementation
public func actionclip_suggest_thresholds(
  _ starts_ns: UnsafePointer<Int64>!, _ ends_ns: UnsafePointer<Int64>!, _ scores: UnsafePointer<Float>!,
  _ window_count: Int, _ label_count: Int, _ span_labels: UnsafePointer<Int32>!,
  _ span_starts_ns: UnsafePointer<Int64>!, _ span_ends_ns: UnsafePointer<Int64>!, _ span_count: Int,
  _ options: UnsafePointer<actionclip_tracker_options>!, _ on_out: UnsafeMutablePointer<Double>!,
  _ on_capacity: Int, _ off_out: UnsafeMutablePointer<Double>!, _ off_capacity: Int,
  _ f1_out: UnsafeMutablePointer<Double>!, _ f1_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let windows = try scoredWindows(starts_ns, ends_ns, scores, window_count, label_count)
    let labels = windows.labelCount
    let given = try GivenTracker(options, labelCount: labels, "options")
    let spans = try labelledSpans(span_labels, span_starts_ns, span_ends_ns, span_count)
    let on = try output(on_out, capacity: on_capacity, needed: labels, "on_out")
    let off = try output(off_out, capacity: off_capacity, needed: labels, "off_out")
    let f1 = try f1_out.map { (f1) throws(Failure) in
      try output(f1, capacity: f1_capacity, needed: labels, "f1_out")
    }
    let search = try ThresholdSearch(windows, spans.view, given.options)
    let found = try GrowingArray(
      repeating: SuggestedThresholds(on: 0, off: 0, f1: .nan), count: labels)
    for label in 0..<labels {
      let own = SuggestedThresholds(
        on: given.on?[label] ?? given.options.on, off: given.off?[label] ?? given.options.off, f1: .nan)
      found.base[label] = try search.best(label: label) ?? own
    }
    for label in 0..<labels {
      (on[label], off[label]) = (found[label].on, found[label].off)
      f1?[label] = found[label].f1
    }
  }
}

private func labelledSpans(
  _ labels: UnsafePointer<Int32>?, _ starts: UnsafePointer<Int64>?, _ ends: UnsafePointer<Int64>?,
  _ spanCount: Int
) throws(Failure) -> GrowingArray<LabelledSpan> {
  let count = try count(spanCount, "span_count")
  let (labels, starts) = (try required(labels, "span_labels"), try required(starts, "span_starts_ns"))
  let ends = try required(ends, "span_ends_ns")
  var spans = GrowingArray<LabelledSpan>()
  for span in 0..<count {
    try spans.append(LabelledSpan(label: Int(labels[span]), start: starts[span], end: ends[span]))
  }
  return spans
}
