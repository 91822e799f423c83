import System
internal import CFFmpeg
internal import CShims
internal import Glibc

/// Properties of a video, found by decoding all of it or from its packets.
public struct VideoInfo: Equatable, Sendable {
  /// The number of frames that can be decoded, which the header may misstate.
  public let frameCount: Int
  /// The number of frames that the decoder marked as damaged, and of those that the file ends before though its index
  /// lists them; nil if not all were decoded and none is known to be damaged.
  public let damagedFrames: Int?
  /// The duration in seconds, from the first frame to the end of the last.
  public let duration: Double
  /// The average number of frames per second; 0 if no frame states a time.
  public let averageFrameRate: Double

  init(frameCount: Int, damagedFrames: Int?, duration: Double) {
    self.frameCount = frameCount
    self.damagedFrames = damagedFrames
    self.duration = duration
    averageFrameRate = duration > 0 ? Double(frameCount) / duration : 0
  }
}

/// One upright frame as packed RGB24, valid only during the call that it is passed to.
public struct VideoFrame {
  /// The frame's index in presentation order, from 0.
  public let index: Int
  /// The pixels: `height` rows of `stride` bytes, each beginning with `width` times R, G, B.
  public let pixels: UnsafePointer<UInt8>
  public let width: Int
  public let height: Int
  public let stride: Int
  /// The frame's time in seconds from the first frame.
  public let seconds: Double
  /// Whether the decoder marked the frame as damaged.
  public let isDamaged: Bool
}

/// The best video stream of a file or of bytes in memory, or the pictures of a folder, read frame by frame.
///
/// Frame k is the k-th frame that the decoder returns, from the first packet to the end: the sequence that `ffmpeg -i
/// FILE -fps_mode passthrough` writes. Nothing is repeated or dropped to fit a frame rate, and the header's number of
/// frames is ignored.
///
/// A video is for one thread at a time. Its decoder threads exist during a decoding: from the opening until the end is
/// first reached, and again from any later reading.
public final class VideoFile {
  /// The width of every frame in pixels, after rotation. Frames of another size are scaled.
  public let width: Int
  /// The height of every frame in pixels, after rotation.
  public let height: Int
  /// The clockwise rotation applied to every stored frame, as the metadata ask, in degrees: 0, 90, 180 or 270.
  public let rotation: Int
  /// Whether the metadata ask for a mirrored picture too.
  public let isMirrored: Bool

  let ffmpeg: FFmpeg
  let source: ByteSource
  let converter: RGBConverter
  public internal(set) var threads: Int
  let maxPixels: Int
  /// The folder of frames; nil for a file.
  let folder: FrameFolder?
  /// The frames of the folder that were found damaged.
  var damagedPictures: Set<Int> = []
  /// The number of the process that opened the video, as `cshims_process` gives it.
  private let process: UInt64
  /// The present decoding; nil if there is none.
  var pass: DecodePass?
  var knownInfo: VideoInfo?
  var knownPackets: Int?
  var knownTimes = FrameTimes(areOfPackets: false)
  let decode: DecodeChoice
  /// The stream that the first demuxer chose; nil if the decoder's errors are not collected, which selecting frames
  /// needs.
  let stream: FrameIndex.Stream?
  var knownIndex = KnownIndex.unknown

  /// The state of the index of frames: not made yet, not possible or not to be used, or made.
  enum KnownIndex {
    case unknown, none
    case index(FrameIndex)
  }

  /// The limit on decoder threads. More are not faster, and FFmpeg advises against them.
  public static let maxThreads = 16
  /// The default limit on pixels of a picture, 8192 x 4096: enough for 8K video.
  public static let defaultMaxPixels = 1 << 25

  /// Opens a regular file, or a folder of extracted frames (see `FrameFolder`), and decodes its first frame. Nothing
  /// that a file refers to is opened.
  /// - Parameters:
  ///   - threads: decoder threads, at least 1. Only formats whose decoders give the same frames with any number (H.264
  ///     and AV1) use more than one.
  ///   - maxPixels: larger pictures are refused.
  ///   - decode: which frames are decoded for those that are read.
  ///   - limits: limits on the time and work that the video may take.
  ///   - choice: the frames of a folder that are the video.
  /// - Throws: `.unavailable` without FFmpeg's libraries, `.fileOpen`, `.fileRead`, `.invalidVideo`, `.videoDecode` if
  ///   no frame can be decoded, `.limit`, `.timeLimit`, `.cancelled`, `.outOfMemory`, `.invalidArgument`.
  public convenience init(
    path: FilePath, threads: Int = 1, maxPixels: Int = defaultMaxPixels,
    decode: DecodeChoice = .needed, limits: ReadingLimits = ReadingLimits(),
    choice: FolderChoice = FolderChoice()
  ) throws(Failure) {
    let ffmpeg = try FFmpeg.bind()
    let folder = try FrameFolder(path, choice)
    let source: ByteSource
    if let folder {
      source = try ByteSource(picture: folder.path(0), of: folder.count, limits)
    } else {
      source = try ByteSource(path: path, limits: limits)
    }
    try self.init(ffmpeg, source, folder == nil ? threads : 1, maxPixels, decode, folder)
  }

  /// Opens a video in memory, which must stay unchanged while it is open, and decodes its first frame.
  public convenience init(
    bytes: UnsafeRawBufferPointer, threads: Int = 1, maxPixels: Int = defaultMaxPixels,
    decode: DecodeChoice = .needed, limits: ReadingLimits = ReadingLimits()
  ) throws(Failure) {
    let ffmpeg = try FFmpeg.bind()
    try self.init(ffmpeg, ByteSource(bytes: bytes, limits: limits), threads, maxPixels, decode)
  }

  private init(
    _ ffmpeg: FFmpeg, _ source: ByteSource, _ threads: Int, _ maxPixels: Int, _ decode: DecodeChoice,
    _ folder: FrameFolder? = nil
  ) throws(Failure) {
    guard threads >= 1 else {
      throw Failure(.invalidArgument, "\(threads) decoder threads: at least 1 is needed")
    }
    guard maxPixels >= 1 else {
      throw Failure(.invalidArgument, "a limit of \(maxPixels) pixels lets no picture pass")
    }
    let threads = min(threads, Self.maxThreads)
    let maxPixels = min(maxPixels, Int(Int32.max))
    let pass = try DecodePass(
      ffmpeg, source, threads: threads, listens: decode != .all, maxPixels: maxPixels)
    guard try pass.advance(), let frame = pass.frame else {
      throw source.likelyReason
        ?? Failure(
          .videoDecode,
          "no frame of \(source.name) can be decoded (pictures above \(maxPixels) pixels are not)")
    }
    let picture = cffmpeg_read_frame(frame)
    try checkPixels(picture.width, picture.height, maxPixels: maxPixels, of: source)
    let orientation = pass.displayMatrix.map { Orientation(ffmpeg, matrix: $0) } ?? Orientation()
    converter = try RGBConverter(
      ffmpeg, storedWidth: picture.width, storedHeight: picture.height, orientation: orientation)
    width = converter.width
    height = converter.height
    rotation = orientation.rotation
    isMirrored = orientation.isMirrored
    self.ffmpeg = ffmpeg
    self.source = source
    self.threads = threads
    self.maxPixels = maxPixels
    self.decode = decode
    self.folder = folder
    stream = folder == nil ? pass.selectableStream : nil
    self.pass = folder == nil ? pass : nil
    process = cshims_process()
  }

  deinit {
    // In a forked child the decoder's threads do not exist, so joining them would never end.
    if let pass, process != cshims_process() { _ = Unmanaged.passRetained(pass) }
  }

  /// The video's properties. The first call decodes to the end.
  public func info() throws(Failure) -> VideoInfo {
    try checkUsable()
    if let knownInfo { return withMissing(knownInfo) }
    if let folder {
      let info = try info(of: folder)
      knownInfo = info
      return info
    }
    let pass = try pass(before: .max)
    while try pass.advance() {}
    return withMissing(finish(pass))
  }

  /// Counts the frames that the file ends before, though its index lists them, as damaged.
  func withMissing(_ info: VideoInfo) -> VideoInfo {
    guard let listed = source.cutFrames, listed > info.frameCount else { return info }
    return VideoInfo(
      frameCount: info.frameCount, damagedFrames: (info.damagedFrames ?? 0) + listed - info.frameCount,
      duration: info.duration)
  }

  /// Starts the time limit of a new call. Opening has started one itself.
  public func beginCall() { source.allowance.begin() }

  /// Throws if the video was opened before fork(), if the file was written to since, or if the call is over.
  func checkUsable() throws(Failure) {
    if process != cshims_process() {
      throw Failure(.forked, "\(source.name) was opened before fork(): open it again")
    }
    try source.checkUnchanged()
    try source.allowance.check()
  }

  /// A decoding that is at frame `index` or before it: the present one, or a new one.
  func pass(before index: Int) throws(Failure) -> DecodePass {
    if let pass, !pass.hasFailed, pass.isComplete, pass.index <= index { return pass }
    return try newPass(listens: false)
  }

  /// A decoding that continues with `selection`, whose first frame is `first`; nil if none can.
  func pass(for selection: Selection, from first: Int) throws(Failure) -> DecodePass? {
    if let pass, pass.select(selection, from: first) { return pass }
    let new = try newPass(listens: true)
    return new.select(selection, from: first) ? new : nil
  }

  private func newPass(listens: Bool) throws(Failure) -> DecodePass {
    endPass()
    let new = try DecodePass(
      ffmpeg, source, threads: threads, listens: listens, maxPixels: maxPixels)
    pass = new
    return new
  }

  /// Keeps the results of a decoding that has reached the end, and ends its threads.
  @discardableResult
  func finish(_ ended: DecodePass) -> VideoInfo {
    let info = VideoInfo(
      frameCount: ended.index + 1, damagedFrames: ended.damagedFrames, duration: ended.clock.end)
    knownInfo = info
    endPass()
    return info
  }

  /// Ends the present decoding and its threads.
  func endPass() {
    if let pass { threads = pass.threads }  // a damaged video is not tried with threads again
    pass = nil
  }

  /// Makes the index of frames by reading the packets with a separate demuxer; nil if frames must be counted by
  /// decoding.
  func makeIndex() throws(Failure) -> FrameIndex? {
    guard let stream else { return nil }
    let demuxer = try Demuxer(ffmpeg, source, maxPixels: maxPixels, known: stream.index)
    let index = try FrameIndex.make(demuxer, stream)
    if demuxer.knowsStream || index?.hasDurations != false { return index }
    // FFmpeg derives durations for the decoder's packets from its probing.
    return try FrameIndex.make(Demuxer(ffmpeg, source, maxPixels: maxPixels), stream)
  }

  /// The number of packets of the stream, which usually is the number of frames.
  func countPackets() throws(Failure) -> Int {
    if let knownPackets { return knownPackets }
    let demuxer = try Demuxer(ffmpeg, source, maxPixels: maxPixels)
    var count = 0
    while try demuxer.next() {
      // An edit list cuts these packets off.
      if !demuxer.contents.is_discarded { count += 1 }
    }
    knownPackets = count
    return count
  }
}
