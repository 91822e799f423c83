import CActionCLIP

/// Events as lines of JSON on standard output. Times are seconds since the first frame, made of the frames' stamps
/// alone, so that the same frames give the same bytes whenever they come.
struct EventLines: WatchOutput {
  /// Whether windows are written too.
  let windows: Bool
  private let output = Output()

  init(windows: Bool) { self.windows = windows }

  func use(labels: [String], time: Int64) throws {
    try write([
      "event": .string("labels"), "time": .double(time.seconds), "labels": .array(labels.map { .string($0) }),
    ])
  }

  func add(_ window: actionclip_window, scores: [Float]) throws {
    guard windows else { return }
    func has(_ flag: Int32) -> JSONValue { .bool(window.flags & flag != 0) }
    try write([
      "event": .string("window"), "number": .int(window.sequence), "start": .double(window.start_ns.seconds),
      "end": .double(window.end_ns.seconds), "frames": .int(Int64(window.frame_count)),
      "dropped": .int(Int64(window.dropped_inside)), "partial": has(Int32(ACTIONCLIP_WINDOW_PARTIAL)),
      "after_gap": has(Int32(ACTIONCLIP_WINDOW_DISCONTINUITY)), "scores": .array(scores.map { .float($0) }),
    ])
  }

  func add(_ event: actionclip_event, label: String) throws {
    try write([
      "event": .string(event.name), "label": .string(label), "number": .int(event.number),
      "start": .double(event.start_ns.seconds), "end": .double(event.end_ns.seconds),
      "decided": .double(event.decided_ns.seconds), "peak": .double(event.peak),
      "peak_time": .double(event.peak_ns.seconds), "mean": .double(event.mean),
    ])
  }

  func show(status: () -> String) {}

  func say(_ line: String) { Diagnostics.raw(line + "\n") }

  func end() {}

  private func write(_ line: JSONValue) throws { try output.line(line.text) }
}
