import CActionCLIP

/// Turns scores of windows into events with a beginning and an end: owns the library's handle.
final class Tracker {
  private let handle: OpaquePointer

  /// - Parameters:
  ///   - labelOn: for each label the score from which on it starts; nil: `options.on` for all. `labelOff` likewise.
  init(
    labels: Int, _ options: actionclip_tracker_options, labelOn: [Double]? = nil, labelOff: [Double]? = nil
  ) throws(LibraryError) {
    var options = options
    var made: OpaquePointer?
    let status = withPointer(to: labelOn) { on in
      withPointer(to: labelOff) { off in
        (options.label_on, options.label_off) = (on, off)
        options.label_count = on == nil && off == nil ? 0 : labels
        return actionclip_tracker_create(labels, &options, &made)
      }
    }
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

private func withPointer(to values: [Double]?, _ body: (UnsafePointer<Double>?) -> Int32) -> Int32 {
  guard let values else { return body(nil) }
  return values.withUnsafeBufferPointer { body($0.baseAddress) }
}
