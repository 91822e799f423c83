import CActionCLIP

/// The windows of a video as a stream over its frames has them, so that a recording gives what the camera gave.
struct StreamedWindows {
  let model: Model
  let resize: Resize?
  /// Seconds that a window lasts; nil: what the model's file declares, else 2.
  let window: Double?
  /// Seconds from one window to the next; nil: an eighth of a window.
  let step: Double?
  /// Whether windows are as in live video: none spans a long hole between frames, a short video gives what a stream
  /// gives, and how long the last frame is shown is not known.
  let isLive: Bool

  /// Frames that are encoded together, about.
  private static let batch: Int32 = 64

  /// The stream for these windows.
  func stream() throws(LibraryError) -> FrameStream {
    var options = actionclip_stream_options()
    actionclip_stream_options_init(&options)
    options.gap_ns = isLive ? 0 : -1
    options.queue_frames = max(StreamedWindows.batch, Int32(clamping: model.frames))
    options.queue_windows = 2 * options.queue_frames
    if let window {
      options.frame_interval_ns = max(1, Int64((window * 1e9 / Double(model.frames)).rounded()))
    }
    let stream = try FrameStream(model, options, resize: resize)
    guard let step else { return stream }
    let hop = (step * 1e9 / Double(stream.info.frame_interval_ns)).rounded()
    guard hop <= Double(model.frames) else {
      let length = FrameInterval.text(stream.info.frame_interval_ns * Int64(model.frames))
      throw LibraryError(
        status: Int32(ACTIONCLIP_ERROR_INVALID_ARGUMENT),
        message:
          "--step must be at most a window, which is \(length) seconds: no window would show what is between")
    }
    options.hop = Int32(min(max(1, hop), 65536))
    return try FrameStream(model, options, resize: resize)
  }

  /// Calls `take` with the windows of a video and their embeddings [windows, E], some at a time.
  func encode(
    _ video: Video, by stream: FrameStream,
    take: ([actionclip_window], [Float]) throws(LibraryError) -> Void
  ) throws(LibraryError) {
    var frames = try SampledFrames(video, for: stream.info)
    while try frames.read({ (frame, stamp) throws(LibraryError) in
      while true {
        let outcome = try stream.push(frame, stamp: stamp)
        guard outcome == Int32(ACTIONCLIP_PUSH_FULL) else { return outcome != Int32(ACTIONCLIP_PUSH_NOT_DUE) }
        _ = try encodeWaiting(in: stream, take)
      }
    }) {}
    try stream.finish()
    while try !encodeWaiting(in: stream, take) {}
  }

  /// Encodes the frames that wait; true at the end of the stream.
  private func encodeWaiting(
    in stream: FrameStream, _ take: ([actionclip_window], [Float]) throws(LibraryError) -> Void
  ) throws(LibraryError) -> Bool {
    try stream.step()
    var windows: [actionclip_window] = []
    var embeddings: [Float] = []
    while true {
      let next = try stream.next()
      if case .window(let window, let embedding) = next {
        windows.append(window)
        embeddings += embedding
        continue
      }
      if !windows.isEmpty { try take(windows, embeddings) }
      if case .end = next { return true }
      return false
    }
  }
}
