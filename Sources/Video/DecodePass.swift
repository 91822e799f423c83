import System
internal import CFFmpeg

/// One decoding of the video from its beginning: every frame the decoder puts out, in the order in
/// which it does (presentation order), to the end and with the decoder emptied. Decoding always
/// begins at the first packet: seeking finds keyframes, not frame numbers. `advance(in:)` instead
/// goes on to the frames of a selection.
///
/// Where a stream is damaged, what FFmpeg makes up for it depends on the number of threads: frames
/// are patched while others already copy from them. So threads decode only as long as the decoder
/// finds nothing wrong; at its first complaint decoding starts again on one thread, goes to where
/// it was, and on from there. A complaint is heard before any frame it concerns is put out. So the
/// frames are those of one thread always. Threads are given packets further ahead and may complain where
/// one thread does not yet: whether it is still of use for a selection is for that one thread to say.
final class DecodePass {
  /// The current frame, valid after `advance()` answered true.
  private(set) var frame: UnsafeMutablePointer<AVFrame>?
  /// Which frame is current; -1 before the first.
  private(set) var index = -1
  private(set) var isDamaged = false
  /// How many frames so far the decoder marked as damaged.
  private(set) var damagedFrames = 0
  private(set) var clock: FrameClock
  /// An error has been thrown, memory ran out for example: frames are lost, and what would come next
  /// has the wrong number.
  private(set) var hasFailed = false
  /// 1 after the stream was found damaged.
  private(set) var threads: Int
  /// Whether every frame has come by so far, so that they can be counted.
  private(set) var isComplete = true

  private let freshClock: FrameClock
  private let ffmpeg: FFmpeg
  private let source: ByteSource
  private let maxPixels: Int
  private let listens: Bool
  private var decoder: Decoder?

  /// - Parameter listens: whether for selections too, which need a decoder that is listened to.
  init(
    _ ffmpeg: FFmpeg, _ source: ByteSource, threads: Int, listens: Bool, maxPixels: Int
  ) throws(VideoError) {
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
    if frame == nil { throw VideoError.outOfMemory("a frame") }
  }

  deinit { ffmpeg.pointee.av_frame_free(&frame) }

  /// Makes the next frame current. False at the end of the video.
  func advance() throws(VideoError) -> Bool {
    do { return try decodeNext() } catch {
      hasFailed = true
      throw error
    }
  }

  private func decodeNext() throws(VideoError) -> Bool {
    guard let frame else { return false }
    while let decoder {
      switch try decoder.next(frame) {
      case .end: return false
      case .frame:
        let damaged =
          frame.pointee.flags & AV_FRAME_FLAG_CORRUPT != 0 || frame.pointee.decode_error_flags != 0
        if !damaged || threads == 1 {
          accept(frame, damaged)
          return true
        }
      case .suspect: break
      }
      try startAgain(frame)
    }
    return false
  }

  /// Of the first frame, when that is current; nil if this decoding cannot go over to a selection.
  var selectableStream: FrameIndex.Stream? {
    guard let frame, let decoder, decoder.isListening, let stream = decoder.demuxer.stream,
      let parameters = stream.pointee.codecpar
    else { return nil }
    return FrameIndex.Stream(
      index: stream.pointee.index, codec: parameters.pointee.codec_id,
      profile: parameters.pointee.profile,
      delay: parameters.pointee.video_delay, firstTime: frame.pointee.pts, clock: freshClock)
  }

  /// Goes over to a selection's frames, the first of which is the current one or comes after it. False
  /// if this decoding cannot: it is too far, or something was wrong.
  func select(_ selection: Selection, from first: Int) -> Bool {
    guard !hasFailed, damagedFrames == 0, index <= first, decoder?.select(selection) == true else {
      return false
    }
    isComplete = false
    return true
  }

  /// Makes the next frame that the decoder puts out current. False if there is none or anything is
  /// wrong with it or the stream, after which this decoding is of no use.
  func advance(in frames: FrameIndex) throws(VideoError) -> Bool {
    guard let frame, let decoder, !hasFailed else { return false }
    hasFailed = true
    guard try decoder.next(frame) == .frame, frame.pointee.flags & AV_FRAME_FLAG_CORRUPT == 0,
      frame.pointee.decode_error_flags == 0
    else { return false }
    var next = index + 1
    while next < frames.count, frames.time(of: next) < frame.pointee.pts { next += 1 }
    guard next < frames.count, frames.time(of: next) == frame.pointee.pts else { return false }
    index = next
    clock.jump(to: frame.pointee.pts, lasting: cffmpeg_frame_duration(frame), first: frames.time(of: 0))
    hasFailed = false
    return true
  }

  /// 3x3, of the current frame or else of the stream; valid until the next `advance()`.
  var displayMatrix: UnsafePointer<Int32>? {
    guard let frame, let stream = decoder?.demuxer.stream else { return nil }
    return cffmpeg_frame_matrix(ffmpeg, frame) ?? cffmpeg_stream_matrix(stream)
  }

  private func accept(_ frame: UnsafeMutablePointer<AVFrame>, _ damaged: Bool) {
    index += 1
    isDamaged = damaged
    if damaged { damagedFrames += 1 }
    clock.advance(to: frame)
  }

  /// On one thread, and without listening if one thread has complained too.
  private func startAgain(_ frame: UnsafeMutablePointer<AVFrame>) throws(VideoError) {
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
