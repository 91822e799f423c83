import System
internal import CFFmpeg

// Folders of extracted frames. Each frame is a picture of its own: a file that is opened when it is read.
extension VideoFile {
  /// Emits the frames at `indices` of a folder, which must be below its number of frames.
  func readPictures<Failure: Error>(
    _ indices: [Int], of folder: FrameFolder, emit: (VideoFrame) throws(Failure) -> Void
  ) throws(VideoReadError<Failure>) {
    for index in indices {
      let frame: VideoFrame
      do { frame = try picture(index, of: folder) } catch { throw .video(error) }
      do { try emit(frame) } catch { throw .emit(error) }
    }
  }

  /// The properties of a folder, with the number of damaged frames if all have been looked at or any was met.
  func outline(of folder: FrameFolder) -> VideoInfo {
    VideoInfo(
      frameCount: folder.count, damagedFrames: damagedPictures.isEmpty ? nil : damagedPictures.count,
      duration: folder.duration)
  }

  /// The properties of a folder, all of whose frames are decoded for it.
  func info(of folder: FrameFolder) throws(Failure) -> VideoInfo {
    for index in 0..<folder.count { _ = try picture(index, of: folder) }
    return VideoInfo(
      frameCount: folder.count, damagedFrames: damagedPictures.count, duration: folder.duration)
  }

  /// The indices of a folder's frames in a time span.
  func frames(in span: TimeSpan, of folder: FrameFolder) throws(Failure) -> Range<Int> {
    if span.start == 0, span.end == .infinity { return 0..<folder.count }
    guard folder.frameRate > 0 else {
      throw Failure(
        .invalidArgument,
        "\(folder.name) is a folder of frames, which have no times: leave start and end out, or give their "
          + "number per second (option frame_rate)")
    }
    if knownTimes.duration == nil {
      var times = FrameTimes(areOfPackets: false)
      for index in 0..<folder.count { try times.append(folder.seconds(index)) }
      times.duration = folder.duration
      knownTimes = times
    }
    guard let frames = knownTimes.frames(in: span) else {
      throw .argument("start is \(span.start) s, and \(folder.name) ends at \(folder.duration) s")
    }
    return frames
  }

  private func picture(_ index: Int, of folder: FrameFolder) throws(Failure) -> VideoFrame {
    try source.allowance.check()
    let file = try ByteSource(picture: folder.path(index), source.allowance)
    let pass = try DecodePass(ffmpeg, file, threads: 1, listens: true, maxPixels: maxPixels)
    guard try pass.advance(), let decoded = pass.frame else {
      throw Failure(.videoDecode, "\(file.name) cannot be decoded")
    }
    let stored = cffmpeg_read_frame(decoded)
    try checkPixels(stored.width, stored.height, maxPixels: maxPixels, of: file)
    let isDamaged = pass.isDamaged || pass.hasComplaints
    if isDamaged { damagedPictures.insert(index) }
    return VideoFrame(
      index: index, pixels: try converter.convert(decoded, of: file), width: width, height: height,
      stride: converter.stride, seconds: folder.seconds(index), isDamaged: isDamaged)
  }
}
