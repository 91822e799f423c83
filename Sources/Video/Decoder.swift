import System
internal import CFFmpeg
internal import Glibc

/// Decodes the packets of the best video stream, from the first packet to the end, with FFmpeg.
final class Decoder {
  /// The result of `next`: a frame, the end of the video, or damage that needs decoding on one thread or of everything.
  enum Outcome { case frame, end, suspect }

  let demuxer: Demuxer
  private let ffmpeg: FFmpeg
  /// FFmpeg's structure of the open decoder.
  private var codec: OpaquePointer?
  private var isDraining = false
  /// The number of the log slot that collects the decoder's errors; -1 if none does.
  private var watch: Int32 = -1
  private let listens: Bool
  private var hasThreads = false
  /// The packets to decode; nil means all.
  private var selection: Selection?
  private var state = Selection.State()
  /// Whether the current packet waits until the decoder is drained and restarted.
  private var isResetting = false
  /// Whether the packets differ from those of the index.
  private var packetsDiffer = false
  /// The pixels of all packets sent to the decoder, and of all frames that it returned.
  private var pixelsIn: Int64 = 0
  private var pixelsOut: Int64 = 0

  /// The limit on failures in a row. After it the decoder gets the next packet or, at the end, counts as drained.
  private static let maxFailures = 100

  /// Opens a decoder for the best video stream of `source`.
  /// - Parameter listens: whether to collect the errors of a decoder on one thread too.
  init(
    _ ffmpeg: FFmpeg, _ source: ByteSource, threads: Int, listens: Bool, maxPixels: Int
  ) throws(Failure) {
    self.ffmpeg = ffmpeg
    self.listens = listens
    demuxer = try Demuxer(ffmpeg, source, maxPixels: maxPixels)
    guard let stream = demuxer.stream else {
      throw Failure(.invalidVideo, "\(source.name) has no video stream")
    }
    try checkPixels(stream.width, stream.height, maxPixels: maxPixels, of: source)
    try quietly { () throws(Failure) in
      var status = try open(stream, threads: threads, maxPixels: maxPixels)
      // If threads cannot be started, one is enough.
      if status < 0, threads > 1 { status = try open(stream, threads: 1, maxPixels: maxPixels) }
      if status < 0 {
        throw Failure(.invalidVideo, "\(source.name) cannot be decoded: \(ffmpeg.text(status))")
      }
    }
  }

  deinit { quietly { close() } }

  /// Returns the next frame in presentation order.
  ///
  /// A packet that a decoder on one thread refuses is skipped, as in the ffmpeg program. If errors are collected, the
  /// result is `.suspect` once the decoder has refused a packet or reported an error.
  func next(_ frame: OpaquePointer) throws(Failure) -> Outcome {
    guard let codec else { return .end }
    return try quietly { () throws(Failure) in
      var failures = 0
      while true {
        try demuxer.source.allowance.check()
        let status = ffmpeg.pointee.avcodec_receive_frame(codec, frame)
        if packetsDiffer || (watch >= 0 && isSuspect(status)) { return .suspect }
        if status >= 0 {
          let picture = cffmpeg_read_frame(frame)
          try count(picture.width, picture.height, in: &pixelsOut)
          if picture.width > 0, picture.height > 0 { return .frame }
          continue
        }
        if status == cffmpeg_error_eof {
          guard isResetting else { return .end }
          isResetting = false
          ffmpeg.pointee.avcodec_flush_buffers(codec)
          try send(demuxer.packet, to: codec)
          continue
        }
        if status == cffmpeg_error(ENOMEM) { try checkMemory(codec) }
        if status != cffmpeg_error(EAGAIN) {
          failures += 1
          if failures < Self.maxFailures { continue }
          failures = 0
          if isDraining { return .end }
        }
        try feed(codec)
      }
    }
  }

  /// Whether a decoder is faster with threads and reports all damage. Thousands of damaged H.264 and AV1 clips gave the
  /// same frames with and without threads, AV1's because its threads share each frame. HEVC, VP8 and VP9 repair some
  /// damage silently, and differently with threads; the other formats are old and fast.
  private func reportsAllDamage(_ stream: cffmpeg_stream) -> Bool {
    switch stream.codec {
    case cffmpeg_codec_h264: true
    case cffmpeg_codec_av1:
      cffmpeg_decoder_name(ffmpeg, stream.codec_id).map { String(cString: $0) } == "libdav1d"
    default: false
    }
  }

  private func isSuspect(_ status: Int32) -> Bool {
    if cffmpeg_watch_is_faulty(watch) { return true }
    return status < 0 && status != cffmpeg_error_eof && status != cffmpeg_error(EAGAIN)
  }

  /// Whether errors are collected, and every packet sent so far has been or can still be returned as a frame.
  var isListening: Bool { watch >= 0 && !packetsDiffer }

  /// Decodes only the frames of `selection` from here on. False if the decoder is already beyond their start.
  func select(_ selection: Selection) -> Bool {
    guard let codec, isListening, selection.follows(state, isEmptied: isDraining) else { return false }
    if isDraining {
      quietly { ffmpeg.pointee.avcodec_flush_buffers(codec) }
      isDraining = false
      state.isWhole = false
    }
    self.selection = selection
    return true
  }

  private func feed(_ codec: OpaquePointer) throws(Failure) {
    if isDraining || isResetting { return }
    while selection?.isDone(at: state.position) != true, try demuxer.next() {
      guard let packet = demuxer.packet else { break }
      guard let index = selection?.index else {
        state.position += 1
        return try send(packet, to: codec)
      }
      guard index.holds(demuxer.contents, at: state.position) else {
        packetsDiffer = true
        return
      }
      switch selection?.verdict(&state) {
      case .skip?: continue
      case .sendAfterReset?:
        isResetting = true
        return try send(nil, to: codec)
      case .send?, nil: return try send(packet, to: codec)
      }
    }
    isDraining = true
    try send(nil, to: codec)
  }

  private func send(_ packet: OpaquePointer?, to codec: OpaquePointer) throws(Failure) {
    if packet != nil {
      let (width, height) = size(of: codec)
      try count(width, height, in: &pixelsIn)
    }
    let status = ffmpeg.pointee.avcodec_send_packet(codec, packet)
    if status == cffmpeg_error(ENOMEM) { try checkMemory(codec) }
    // Other refusals show as a reported error or in the status of the next frame.
  }

  /// Throws if memory is lacking. If it is not, FFmpeg's ENOMEM means damage, and the packet is skipped.
  private func checkMemory(_ codec: OpaquePointer) throws(Failure) {
    let (width, height) = size(of: codec)
    if !Failure.isMemoryAvailable(for: demuxer.source, pixels: Int64(width) * Int64(height)) {
      throw Failure.outOfMemory("decoding \(demuxer.source.name)")
    }
  }

  /// The present width and height of the decoder's pictures.
  private func size(of codec: OpaquePointer) -> (Int32, Int32) {
    var (width, height): (Int32, Int32) = (0, 0)
    cffmpeg_decoder_size(codec, &width, &height)
    return (width, height)
  }

  /// Adds a picture's pixels to the total `pixels`. Throws beyond the limit of one decoding.
  private func count(_ width: Int32, _ height: Int32, in pixels: inout Int64) throws(Failure) {
    let source = demuxer.source
    let (sum, overflow) = pixels.addingReportingOverflow(max(0, Int64(width) * Int64(height)))
    pixels = overflow ? .max : sum
    guard pixels > source.allowance.pixels else { return }
    throw Failure(
      .limit,
      "\(source.name) has more than the \(source.allowance.pixels) pixels that may be decoded from \(source.size)"
        + " bytes; each byte allows \(source.allowance.pixelsPerByte) (option max_pixels_per_byte)")
  }

  private func open(_ stream: cffmpeg_stream, threads: Int, maxPixels: Int) throws(Failure) -> Int32 {
    close()
    var status: Int32 = 0
    codec = demuxer.makeDecoder(&status)
    guard let codec else { throw Failure.outOfMemory("a decoder") }
    if status >= 0 {
      let usesThreads = threads > 1 && reportsAllDamage(stream)
      if usesThreads || listens { watch = cffmpeg_watch_begin(ffmpeg, codec) }
      hasThreads = usesThreads && watch >= 0
      if hasThreads { cffmpeg_threads_begin() }
      set("threads", hasThreads ? threads : 1, of: codec)
      // FFmpeg rounds the width up to a multiple of 64, so its limit has room for that in the tallest picture. Each
      // frame is checked against the exact limit.
      set("max_pixels", min(maxPixels + 64 * 65_536, Int(Int32.max)), of: codec)
      // Decoding several frames at once, dav1d sometimes fails to report damage.
      if hasThreads, stream.codec == cffmpeg_codec_av1 {
        cffmpeg_share_each_frame(ffmpeg, codec, Int32(clamping: threads))
      }
      status = ffmpeg.pointee.avcodec_open2(codec, nil, nil)
      if watch >= 0 { cffmpeg_watch_opened(watch) }
    }
    if status == cffmpeg_error(ENOMEM) {
      throw Failure.outOfMemory(
        "a decoder", of: demuxer.source, pixels: Int64(stream.width) * Int64(stream.height),
        damage: .videoDecode)
    }
    return status
  }

  private func set(_ option: String, _ value: Int, of codec: OpaquePointer) {
    _ = ffmpeg.pointee.av_opt_set_int(UnsafeMutableRawPointer(codec), option, Int64(value), 0)
  }

  private func close() {
    ffmpeg.pointee.avcodec_free_context(&codec)  // joins the decoder's threads
    if watch >= 0 { cffmpeg_watch_end(watch) }
    watch = -1
    if hasThreads { cffmpeg_threads_end() }
    hasThreads = false
  }
}

/// Throws if a picture has more than `maxPixels` pixels.
func checkPixels(
  _ width: Int32, _ height: Int32, maxPixels: Int, of source: ByteSource
) throws(Failure) {
  let (pixels, overflow) = Int(width).multipliedReportingOverflow(by: Int(height))
  if overflow || pixels > maxPixels {
    throw Failure(
      .limit,
      "\(source.name) has pictures of \(width)x\(height), more than the \(maxPixels) pixels allowed")
  }
}
