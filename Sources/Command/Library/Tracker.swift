import CActionCLIP

/// The options of a tracker, with thresholds of each label where labels have their own.
struct TrackerSettings {
  var options = actionclip_tracker_options()
  /// The score from which on each label starts; nil: `options.on` for all.
  var on: [Double]?
  /// The score below which each label ends; nil: `options.off` for all.
  var off: [Double]?
  /// Notes for the user about what was asked for and is not used.
  var notes: [String] = []

  /// Lets each label start from a threshold of its own on.
  mutating func start(from thresholds: [Double]) {
    on = thresholds
    off = thresholds.map { min(options.off, $0) }
  }

  /// Calls `body` with the options, whose pointers are valid until it returns.
  func withOptions<Result>(
    labels: Int, _ body: (UnsafePointer<actionclip_tracker_options>) -> Result
  ) -> Result {
    var options = options
    options.label_count = on == nil && off == nil ? 0 : labels
    return withPointer(to: on) { on in
      withPointer(to: off) { off in
        (options.label_on, options.label_off) = (on, off)
        return withUnsafePointer(to: options, body)
      }
    }
  }
}

/// Turns scores of windows into events with a beginning and an end: owns the library's handle.
final class Tracker {
  private let handle: OpaquePointer

  init(labels: Int, _ settings: TrackerSettings) throws(LibraryError) {
    var made: OpaquePointer?
    let status = settings.withOptions(labels: labels) { actionclip_tracker_create(labels, $0, &made) }
    try check(status)
    guard let made else { throw LibraryError(status: status, message: "no tracker was given") }
    handle = made
  }

  deinit { actionclip_tracker_free(handle) }

  /// Adds the scores [labels] of a window, which ends after the one before it.
  func push(start: Int64, end: Int64, scores: [Float]) throws(LibraryError) {
    try check(actionclip_tracker_push(handle, start, end, scores, scores.count))
  }

  /// Ends every event that has not ended.
  func finish() throws(LibraryError) { try check(actionclip_tracker_finish(handle)) }

  /// The next piece of news about an event; nil when there is none.
  func next() throws(LibraryError) -> actionclip_event? {
    var event = actionclip_event()
    event.struct_size = UInt32(MemoryLayout<actionclip_event>.size)
    var found: Int32 = 0
    try check(actionclip_tracker_next(handle, &event, &found))
    return found == 0 ? nil : event
  }
}

private func withPointer<Result>(
  to values: [Double]?, _ body: (UnsafePointer<Double>?) -> Result
) -> Result {
  guard let values else { return body(nil) }
  return values.withUnsafeBufferPointer { body($0.baseAddress) }
}
