import CActionCLIP

/// A stream of frames that are encoded in windows: owns the library's handle. One thread may push while another steps
/// and takes windows; `cancel` and `stats` may be called from any thread.
final class FrameStream: @unchecked Sendable {
  private let handle: OpaquePointer
  private let model: Model
  let info: actionclip_stream_info

  init(_ model: Model, _ options: actionclip_stream_options, resize: Resize?) throws(LibraryError) {
    var options = options
    var preprocessing = try model.preprocessing(resize)
    var made: OpaquePointer?
    let status = withUnsafePointer(to: &preprocessing) { preprocessing in
      options.preprocess = preprocessing
      return actionclip_stream_create(model.handle, &options, &made)
    }
    try check(status)
    guard let made else { throw LibraryError(status: status, message: "no stream was given") }
    var info = actionclip_stream_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_stream_info>.size)
    let described = actionclip_stream_get_info(made, &info)
    if described != ACTIONCLIP_OK {
      defer { actionclip_stream_free(made) }
      try check(described)
    }
    (handle, self.model, self.info) = (made, model, info)
  }

  deinit { actionclip_stream_free(handle) }

  /// Hands over a frame, whose pixels are not needed afterwards. Its stamp is larger than the last one's.
  /// - Returns: ACTIONCLIP_PUSH_*.
  func push(_ frame: actionclip_frame, stamp: Int64) throws(LibraryError) -> Int32 {
    var (frame, outcome) = (frame, 0 as Int32)
    try check(actionclip_stream_push(handle, &frame, stamp, &outcome))
    return outcome
  }

  /// Encodes the frames that wait.
  func step() throws(LibraryError) {
    var stream: OpaquePointer? = handle
    try check(actionclip_stream_step(&stream, 1, 0, nil))
  }

  /// Waits at most `milliseconds` for what `reason` says, ACTIONCLIP_WAIT_*; false when the time ran out.
  func wait(for reason: Int32, milliseconds: Int64) throws(LibraryError) -> Bool {
    var (stream, ready): (OpaquePointer?, Int) = (handle, 0)
    try check(actionclip_stream_wait(&stream, 1, reason, milliseconds * 1_000_000, &ready))
    return ready > 0
  }

  /// An answer of `next`.
  enum Next {
    case window(actionclip_window, embedding: [Float])
    /// No window yet.
    case none
    /// The stream is finished, and every window was given.
    case end
  }

  func next() throws(LibraryError) -> Next {
    var window = actionclip_window()
    window.struct_size = UInt32(MemoryLayout<actionclip_window>.size)
    var embedding = [Float](repeating: 0, count: model.videoSize)
    var found: Int32 = 0
    try check(actionclip_stream_next(handle, &window, &embedding, model.videoSize, &found))
    switch found {
    case Int32(ACTIONCLIP_NEXT_WINDOW): return .window(window, embedding: embedding)
    case Int32(ACTIONCLIP_NEXT_END): return .end
    default: return .none
    }
  }

  /// Says that no frame follows.
  func finish() throws(LibraryError) { try check(actionclip_stream_finish(handle)) }

  /// Makes the stream as new.
  func reset() throws(LibraryError) { try check(actionclip_stream_reset(handle)) }

  /// Ends the calls that other threads are in.
  func cancel() { _ = actionclip_stream_cancel(handle) }

  var stats: actionclip_stream_stats {
    get throws(LibraryError) {
      var stats = actionclip_stream_stats()
      stats.struct_size = UInt32(MemoryLayout<actionclip_stream_stats>.size)
      try check(actionclip_stream_get_stats(handle, &stats))
      return stats
    }
  }
}
