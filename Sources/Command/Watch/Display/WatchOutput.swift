import CActionCLIP

/// Shows labels, windows and events as they come.
protocol WatchOutput {
  /// These labels are scored from now on; `time` is the end of the last window in nanoseconds, 0 before the first.
  mutating func use(labels: [String], time: Int64) throws
  mutating func add(_ window: actionclip_window, scores: [Float]) throws
  mutating func add(_ event: actionclip_event, label: String) throws
  /// A line about the state of the stream, for an output that has a place for it.
  mutating func show(status: () -> String) throws
  /// Writes a line to standard error.
  mutating func say(_ line: String)
  /// Nothing follows.
  mutating func end() throws
}

extension Int64 {
  /// Nanoseconds as seconds.
  var seconds: Double { Double(self) / 1e9 }
}

extension actionclip_event {
  /// "started", "updated" or "ended".
  var name: String {
    switch kind {
    case Int32(ACTIONCLIP_EVENT_STARTED): "started"
    case Int32(ACTIONCLIP_EVENT_ENDED): "ended"
    default: "updated"
    }
  }
}
