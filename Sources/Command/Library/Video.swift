import CActionCLIP

/// An open video file: owns the library's handle.
final class Video {
  let handle: OpaquePointer
  /// Whether the video is a folder of frames whose rate is not known.
  private let hasNoTimes: Bool

  /// Opens a file, or a folder of frames, of which `frames` says which are meant.
  init(
    _ path: FilePath, _ opening: VideoOpening, _ frames: ListedFrames? = nil
  ) throws(LibraryError) {
    let path = opening.path(path)
    var options = opening.options(frames)
    var opened: OpaquePointer?
    try check(actionclip_video_open(path.cString, &options, &opened))
    guard let opened else { throw LibraryError(status: 0, message: "\(path.shown): no video was given") }
    handle = opened
    hasNoTimes = opening.frameRate == nil && (path.isFolder || !path.exists)
  }

  deinit { actionclip_video_free(handle) }

  /// Size, frame count and times without decoding the whole file; damaged frames are those met so far.
  func outline() throws(LibraryError) -> actionclip_video_info {
    var info = try known()
    info.damaged_frames = max(0, info.damaged_frames)
    return info
  }

  private func known() throws(LibraryError) -> actionclip_video_info {
    var info = actionclip_video_info()
    info.struct_size = UInt32(MemoryLayout<actionclip_video_info>.size)
    try check(actionclip_video_get_outline(handle, &info))
    return info
  }

  /// Whether frames are numbered by packets, so that reading some does not depend on those read before: no damage was
  /// met.
  var isIndexed: Bool {
    get throws(LibraryError) { try known().damaged_frames < 0 }
  }

  /// Runs `body` with the video at `path`. If damage leaves fewer frames than the packets promised, runs it again
  /// with the frames that decode.
  static func open<Result>(
    _ path: FilePath, _ opening: VideoOpening, _ frames: ListedFrames? = nil,
    _ body: (Video) throws(LibraryError) -> Result
  ) throws(LibraryError) -> Result {
    do {
      return try body(Video(path, opening, frames))
    } catch {
      guard error.status == ACTIONCLIP_ERROR_INVALID_ARGUMENT, opening.decode != .all, !path.isFolder else {
        throw error
      }
      var all = opening
      all.decode = .all
      return try body(Video(path, all, frames))
    }
  }

  /// Encodes the frames that the model's rule chooses, from all or from a part, to a video's row [V].
  func encode(with model: Model, in span: TimeSpan? = nil, resize: Resize?) throws(LibraryError) -> [Float] {
    var options = try model.preprocessing(resize)
    var embedding = [Float](repeating: 0, count: model.videoSize)
    let capacity = embedding.count
    if let span {
      try check(
        actionclip_encode_video_between(
          model.handle, handle, span.start, span.end, &options, &embedding, capacity, nil, 0))
    } else {
      try check(actionclip_encode_video(model.handle, handle, &options, &embedding, capacity, nil, 0))
    }
    return embedding
  }

  /// Throws for a folder of frames without a rate, whose frames have no times.
  func requireTimes() throws(LibraryError) {
    if hasNoTimes { _ = try frames(in: TimeSpan(start: 0, end: 1)) }
  }

  /// The indices of a part's frames, at least one.
  func frames(in span: TimeSpan) throws(LibraryError) -> Range<Int64> {
    var (first, count): (Int64, Int64) = (0, 0)
    try check(actionclip_video_frames_between(handle, span.start, span.end, &first, &count))
    return first..<first + count
  }

  /// Reads a frame to `rgb` [height, width, 3] of `capacity` bytes, and gives its time in seconds.
  func read(
    frame index: Int64, into rgb: UnsafeMutablePointer<UInt8>, capacity: Int
  ) throws(LibraryError) -> Double {
    var seconds = 0.0
    try check(actionclip_video_read_frames(handle, [index], 1, rgb, capacity, &seconds, 1))
    return seconds
  }

  /// Square crops of frames, RGB [crops][indices, side, side, 3], and the frames' times in seconds. `indices` are
  /// ascending. Whole frames are in memory in groups of at most 64 MiB.
  func squares(
    at indices: [Int64], for model: Model, resize: Resize?, crops: [Int32]
  ) throws(LibraryError) -> (squares: [[UInt8]], seconds: [Double]) {
    let side = model.info.image_size
    let info = try outline()
    let (frameBytes, squareBytes) = (Int(info.width) * Int(info.height) * 3, Int(side) * Int(side) * 3)
    let groupSize = max(1, (64 << 20) / frameBytes)
    var result = [[UInt8]](
      repeating: [UInt8](repeating: 0, count: indices.count * squareBytes), count: crops.count)
    var rgb = [UInt8](repeating: 0, count: min(groupSize, indices.count) * frameBytes)
    let capacity = rgb.count
    var seconds: [Double] = []
    for start in stride(from: 0, to: indices.count, by: groupSize) {
      let some = Array(indices[start..<min(start + groupSize, indices.count)])
      var times = [Double](repeating: 0, count: some.count)
      try check(
        actionclip_video_read_frames(handle, some, some.count, &rgb, capacity, &times, some.count))
      seconds += times
      for (place, crop) in crops.enumerated() {
        var options = try model.preprocessing(resize)
        options.crop = crop
        for frame in some.indices {
          let status = rgb.withUnsafeBufferPointer { pixels in
            var image = actionclip_image(
              data: pixels.baseAddress.map { $0 + frame * frameBytes }, row_stride: 0, width: info.width,
              height: info.height, pixel_format: Int32(ACTIONCLIP_PIXEL_RGB), reserved: 0)
            return result[place].withUnsafeMutableBufferPointer { squares in
              let at = (start + frame) * squareBytes
              return actionclip_preprocess_crop(
                &image, side, &options, squares.baseAddress.map { $0 + at }, squares.count - at)
            }
          }
          try check(status)
        }
      }
    }
    return (result, seconds)
  }
}
