import System
internal import CFFmpeg

/// One decoding of the video from its beginning, which gives every frame that the decoder returns, in presentation
/// order, until the decoder is drained. It always begins at the first packet, because seeking finds key frames, not
/// frame numbers. `advance(in:)` decodes only the frames of a selection.
///
/// In a damaged stream FFmpeg's repairs depend on the number of threads: frames are patched while others already copy
/// from them. So several threads decode only until the decoder reports the first error. Then decoding starts again on
/// one thread, goes to the same frame, and continues from there. Errors are reported before any frame that they affect
/// is returned, so frames are always those of one thread. Several threads get packets further ahead and may report
/// errors earlier than one thread; so for a selection the result of one thread counts.
final class DecodePass {
  /// FFmpeg's structure of the current frame, valid after `advance()` has returned true.
  private(set) var frame: OpaquePointer?
  /// The index of the current frame; -1 before the first.
  private(set) var index = -1
  private(set) var isDamaged = false
  /// The number of frames so far that the decoder marked as damaged.
  private(set) var damagedFrames = 0
  private(set) var clock: FrameClock
  /// Whether an error was thrown, such as lack of memory. Frames are lost then, and later ones would have wrong
  /// numbers.
  private(set) var hasFailed = false
  /// The number of decoder threads; 1 after damage was found.
  private(set) var threads: Int
  /// Whether the decoder has reported an error, if errors are collected.
  private(set) var hasComplaints = false
  /// Whether every frame so far was decoded, so that frames can be counted.
  private(set) var isComplete = true

  private let freshClock: FrameClock
  private let ffmpeg: FFmpeg
  private let source: ByteSource
  private let maxPixels: Int
  private let listens: Bool
  private var decoder: Decoder?

  /// Opens a decoder at the beginning of the video.
  /// - Parameter listens: whether to collect the decoder's errors for selections too.
  init(
    _ ffmpeg: FFmpeg, _ source: ByteSource, threads: Int, listens: Bool, maxPixels: Int
  ) throws(Failure) {
    self.ffmpeg = ffmpeg
    self.source = source
    self.threads = threads
    self.maxPixels = maxPixels
    self.listens = listens
    let decoder = try Decoder(
      ffmpeg, source, threads: threads, listens: listens, maxPixels: maxPixels)
    self.decoder = decoder
    freshClock = FrameClock(decoder.demuxer)
    clock = freshClock
    frame = ffmpeg.pointee.av_frame_alloc()
    if frame == nil { throw Failure.outOfMemory("a frame") }
  }

  deinit { ffmpeg.pointee.av_frame_free(&frame) }

  /// Goes to the next frame. False at the end of the video.
  func advance() throws(Failure) -> Bool {
    do { return try decodeNext() } catch {
      hasFailed = true
      throw error
    }
  }

  private func decodeNext() throws(Failure) -> Bool {
    guard let frame else { return false }
    while let decoder {
      switch try decoder.next(frame) {
      case .end: return false
      case .frame:
        let picture = cffmpeg_read_frame(frame)
        if !picture.is_damaged || threads == 1 {
          accept(picture)
          return true
        }
      case .suspect: break
      }
      try startAgain(frame)
    }
    return false
  }

  /// The properties of the stream, while the first frame is current; nil if this decoding cannot continue with a
  /// selection.
  var selectableStream: FrameIndex.Stream? {
    guard let frame, let decoder, decoder.isListening, let stream = decoder.demuxer.stream else { return nil }
    return FrameIndex.Stream(
      index: stream.index, codec: stream.codec, profile: stream.profile, delay: stream.delay,
      firstTime: cffmpeg_read_frame(frame).time, clock: freshClock)
  }

  /// Continues with a selection, whose first frame is the current one or a later one. False if this decoding is beyond
  /// that frame or has met an error.
  func select(_ selection: Selection, from first: Int) -> Bool {
    guard !hasFailed, damagedFrames == 0, index <= first, decoder?.select(selection) == true else {
      return false
    }
    isComplete = false
    return true
  }

  /// Goes to the next frame that the decoder returns. False if there is none, or if the frame or the stream has an
  /// error; this decoding cannot be used any more then.
  func advance(in frames: FrameIndex) throws(Failure) -> Bool {
    guard let frame, let decoder, !hasFailed else { return false }
    hasFailed = true
    guard try decoder.next(frame) == .frame else { return false }
    let picture = cffmpeg_read_frame(frame)
    if picture.is_damaged { return false }
    var next = index + 1
    while next < frames.count, frames.time(of: next) < picture.time { next += 1 }
    guard next < frames.count, frames.time(of: next) == picture.time else { return false }
    index = next
    clock.jump(to: picture.time, lasting: picture.duration, first: frames.time(of: 0))
    hasFailed = false
    return true
  }

  /// The 3x3 display matrix of the current frame, or else of the stream; valid until the next `advance()`.
  var displayMatrix: UnsafePointer<Int32>? {
    guard let frame else { return nil }
    return cffmpeg_frame_matrix(ffmpeg, frame) ?? decoder?.demuxer.displayMatrix
  }

  private func accept(_ picture: cffmpeg_frame) {
    index += 1
    isDamaged = picture.is_damaged
    if isDamaged { damagedFrames += 1 }
    clock.advance(to: picture)
  }

  /// Starts again on one thread; without collecting errors if one thread has reported some too.
  private func startAgain(_ frame: OpaquePointer) throws(Failure) {
    hasComplaints = true
    let listens = self.listens && threads > 1
    decoder = nil  // its threads end first
    threads = 1
    let decoder = try Decoder(ffmpeg, source, threads: 1, listens: listens, maxPixels: maxPixels)
    self.decoder = decoder
    var passed = -1
    while passed < index {
      switch try decoder.next(frame) {
      case .frame: passed += 1
      case .end: return
      case .suspect: return try startAgain(frame)
      }
    }
  }
}
