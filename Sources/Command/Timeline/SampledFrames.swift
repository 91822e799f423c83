import CActionCLIP

/// Reads the frames of a video that a stream samples by time, in their order. Others need not be decoded.
struct SampledFrames {
  private let video: Video
  private let outline: actionclip_video_info
  /// Nanoseconds from one sampled frame to the next.
  private let interval: Int64
  /// Nanoseconds of the longest hole between frames in a run.
  private let gap: Int64
  private var next: Int64 = 0
  private var rgb: [UInt8]
  /// The last frame that was given.
  private var last: (number: Int64, stamp: Int64)?
  /// The stamp of the first frame of the run.
  private var begin: Int64 = 0

  init(_ video: Video, for stream: actionclip_stream_info) throws(LibraryError) {
    self.video = video
    (interval, gap) = (stream.frame_interval_ns, stream.gap_ns)
    outline = try video.outline()
    rgb = [UInt8](repeating: 0, count: Int(outline.width) * Int(outline.height) * 3)
  }

  /// Gives the next frame with its timestamp in nanoseconds to `push`, which says whether it was due; false at the end.
  mutating func read(
    _ push: (actionclip_frame, Int64) throws(LibraryError) -> Bool
  ) throws(LibraryError) -> Bool {
    guard next < outline.frame_count else { return false }
    let capacity = rgb.count
    let seconds = try video.read(frame: next, into: &rgb, capacity: capacity)
    let stamp = max(Int64((min(seconds, 4e9) * 1e9).rounded()), last.map { $0.stamp + 1 } ?? 0)
    if let last, stamp - last.stamp > gap {
      // A hole is counted from the frame before it, which need not be a sampled one.
      if last.number < next - 1 {
        next -= 1
        return true
      }
      begin = stamp
    }
    last = (next, stamp)
    var frame = actionclip_frame()
    actionclip_frame_init(&frame)
    (frame.width, frame.height) = (outline.width, outline.height)
    frame.pixel_format = Int32(ACTIONCLIP_PIXEL_RGB)
    let pushed = rgb.withUnsafeBufferPointer { pixels in
      frame.planes.0 = pixels.baseAddress
      return Swift.Result { () throws(LibraryError) in try push(frame, stamp) }
    }
    next += 1
    guard try pushed.get() else { return true }
    // Where packets do not tell the frames, a search by time would decode from the beginning.
    guard try video.isIndexed else { return true }
    // No frame before the next cell is due. Frames are found by milliseconds: begin one earlier.
    let cell = (stamp - begin + interval / 4) / interval
    let from = Double(begin + (cell + 1) * interval - interval / 4) / 1e9 - 0.001
    guard from < outline.duration else {
      next = outline.frame_count
      return true
    }
    if from > 0 { next = max(next, try video.frames(in: TimeSpan(start: from, end: .infinity)).lowerBound) }
    return true
  }
}
