import System
internal import CFFmpeg
internal import Glibc

/// A container opened over a `ByteSource`, and the packets of its best video stream.
///
/// No other file is ever opened: FFmpeg reads through callbacks, its list of protocols is empty, `io_open` fails, and
/// formats that refer to other files are refused before their headers are read.
final class Demuxer {
  let ffmpeg: FFmpeg
  let source: ByteSource
  private let reader: ByteReader
  private var io: UnsafeMutablePointer<AVIOContext>?
  private var context: UnsafeMutablePointer<AVFormatContext>?
  private var isOpen = false
  /// The current packet, valid after `next()` has returned true.
  private(set) var packet: UnsafeMutablePointer<AVPacket>?
  /// The chosen stream, owned by `context`.
  private(set) var stream: UnsafeMutablePointer<AVStream>?
  /// Whether FFmpeg has probed the streams for properties that the header does not state.
  private(set) var knowsStream = false

  /// The number of packets so far, and of their bytes. Both are limited, since a damaged index may list one packet over
  /// and over.
  private var packets: Int64 = 0
  private var packetBytes: Int64 = 0

  /// The limit on streams: enough for a broadcast multiplex, or a film with its fonts and subtitles.
  static let maxStreams: Int32 = 256
  private static let bufferSize = 32 * 1024
  private static let packetsOfAnyFile: Int64 = 65_536
  private static let bytesOfAnyFile: Int64 = 1 << 20

  /// Opens the container of `source` and chooses its best video stream.
  /// - Parameter known: the index of the stream that another demuxer of the source chose. With it FFmpeg need not
  ///   decode frames of an MP4 file to describe its packets.
  init(
    _ ffmpeg: FFmpeg, _ source: ByteSource, maxPixels: Int, known: Int32? = nil
  ) throws(Failure) {
    self.ffmpeg = ffmpeg
    self.source = source
    reader = ByteReader(ffmpeg, source)
    try quietly { () throws(Failure) in
      try open()
      if let known { stream = listedStream(known) }
      if stream == nil {
        try findStreamInfo(maxPixels: maxPixels)
        knowsStream = true
        stream = try chooseStream()
      }
      packet = ffmpeg.pointee.av_packet_alloc()
      if packet == nil { throw Failure.outOfMemory("a packet") }
    }
  }

  deinit {
    quietly {
      ffmpeg.pointee.av_packet_free(&packet)
      // After a failed opening, closing would free the I/O context as if it were FFmpeg's own.
      if isOpen {
        ffmpeg.pointee.avformat_close_input(&context)
      } else {
        ffmpeg.pointee.avformat_free_context(context)
      }
      if let io {
        // FFmpeg may have replaced the buffer that it was given.
        ffmpeg.pointee.av_free(io.pointee.buffer)
        ffmpeg.pointee.avio_context_free(&self.io)
      }
    }
  }

  /// Whether files of the format may be cut and joined byte by byte, as in MPEG-TS, so that times may jump.
  var mayRestart: Bool { (context?.pointee.iformat?.pointee.flags ?? 0) & AVFMT_TS_DISCONT != 0 }

  /// Reads the next packet of the stream. False at the end, or if the container is too damaged to continue; earlier
  /// packets are kept then, as in the ffmpeg program.
  func next() throws(Failure) -> Bool {
    guard let context, let packet, let stream else { return false }
    return try quietly { () throws(Failure) in
      var retries = 0
      while true {
        ffmpeg.pointee.av_packet_unref(packet)
        try checkReads()
        let status = ffmpeg.pointee.av_read_frame(context, packet)
        if status == cffmpeg_error(EAGAIN), retries < 1000 {
          retries += 1
          continue
        }
        if status < 0 {
          try checkReads()
          if status == cffmpeg_error(ENOMEM), !Failure.isMemoryAvailable(for: source, pixels: 0) {
            throw Failure.outOfMemory(source.name)
          }
          return false
        }
        retries = 0
        guard packet.pointee.stream_index == stream.pointee.index else { continue }
        try count(packet)
        // An empty packet would tell the decoder that the stream has ended.
        if packet.pointee.size > 0 { return true }
      }
    }
  }

  /// Counts a packet of the stream. Throws if packets are more, or larger, than the file's size allows.
  private func count(_ packet: UnsafeMutablePointer<AVPacket>) throws(Failure) {
    packets += 1
    packetBytes += Int64(max(0, packet.pointee.size))
    // Each packet has less than 2^31 bytes, so the sums reach these limits long before they overflow.
    guard
      packets > Self.packetsOfAnyFile + source.size
        || packetBytes > Self.bytesOfAnyFile + 8 * source.size
    else { return }
    throw Failure(
      .limit,
      "\(source.name) has \(source.size) bytes, and its packets have more: it lists the same ones over and over"
    )
  }

  private func open() throws(Failure) {
    guard let buffer = ffmpeg.pointee.av_malloc(Self.bufferSize) else {
      throw Failure.outOfMemory("a read buffer")
    }
    io = ffmpeg.pointee.avio_alloc_context(
      buffer.assumingMemoryBound(to: UInt8.self), Int32(Self.bufferSize), 0,
      Unmanaged.passUnretained(reader).toOpaque(), ByteReader.readCallback, nil,
      ByteReader.seekCallback)
    guard let io else {
      ffmpeg.pointee.av_free(buffer)
      throw Failure.outOfMemory("a read buffer")
    }
    context = ffmpeg.pointee.avformat_alloc_context()
    guard let context else { throw Failure.outOfMemory("a container reader") }
    context.pointee.pb = io
    context.pointee.max_streams = Self.maxStreams
    context.pointee.interrupt_callback = AVIOInterruptCB(
      callback: ByteReader.interruptCallback, opaque: Unmanaged.passUnretained(reader).toOpaque())
    context.pointee.io_open = { _, _, _, _, _ in cffmpeg_error(EPERM) }
    context.pointee.protocol_whitelist = ffmpeg.pointee.av_strdup("")
    if context.pointee.protocol_whitelist == nil { throw Failure.outOfMemory(source.name) }

    var status: Int32 = 0
    guard let format = cffmpeg_probe(ffmpeg, io, context, &status) else {
      throw try unreadable(status)
    }
    try ContainerPolicy.check(format, of: source)
    try ContainerCheck.check(source, format: format.pointee.name.map { String(cString: $0) } ?? "")
    reader.context = context
    status = cffmpeg_open_input(ffmpeg, &self.context, format)
    reader.context = self.context
    if status < 0 { throw try unreadable(status) }
    isOpen = true
    try checkReads()
  }

  /// Reads until the sizes and rates of the streams are known. For this FFmpeg decodes a few frames with its own
  /// decoders, under the same limit on pictures.
  private func findStreamInfo(maxPixels: Int) throws(Failure) {
    guard let context else { return }
    let count = Int(context.pointee.nb_streams)  // <= maxStreams
    let status = withUnsafeTemporaryAllocation(of: OpaquePointer?.self, capacity: count + 1) {
      options in
      options.initialize(repeating: nil)
      for index in 0..<count {
        _ = ffmpeg.pointee.av_dict_set_int(&options[index], "max_pixels", Int64(maxPixels), 0)
      }
      defer { for index in 0..<count { ffmpeg.pointee.av_dict_free(&options[index]) } }
      return ffmpeg.pointee.avformat_find_stream_info(
        context, count == 0 ? nil : options.baseAddress)
    }
    try checkReads()
    if status < 0 { throw try unreadable(status) }
  }

  /// The stream `known` by the header alone; nil if the header does not fully describe its packets.
  private func listedStream(_ known: Int32) -> UnsafeMutablePointer<AVStream>? {
    guard let context, let streams = context.pointee.streams,
      known >= 0, known < context.pointee.nb_streams,
      let name = context.pointee.iformat?.pointee.name, String(cString: name).hasPrefix("mov,mp4,")
    else { return nil }
    for index in 0..<Int(context.pointee.nb_streams) {
      streams[index]?.pointee.discard = index == Int(known) ? AVDISCARD_DEFAULT : AVDISCARD_ALL
    }
    return streams[Int(known)]
  }

  /// Chooses the stream with the largest picture, as the ffmpeg program does: a stream marked as the default counts
  /// as 5 million pixels larger, one without packets counts as smaller, and cover art comes last.
  private func chooseStream() throws(Failure) -> UnsafeMutablePointer<AVStream> {
    var best: (stream: UnsafeMutablePointer<AVStream>, score: Int64)?
    var undecodable: String?
    guard let context, let streams = context.pointee.streams else { throw noVideo(nil) }
    for index in 0..<Int(context.pointee.nb_streams) {
      guard let stream = streams[index], let parameters = stream.pointee.codecpar else { continue }
      stream.pointee.discard = AVDISCARD_ALL
      guard parameters.pointee.codec_type == AVMEDIA_TYPE_VIDEO else { continue }
      guard cffmpeg_has_decoder(ffmpeg, parameters.pointee.codec_id) else {
        undecodable = ffmpeg.pointee.avcodec_get_name(parameters.pointee.codec_id)
          .map { String(cString: $0) }
        continue
      }
      let disposition = stream.pointee.disposition
      var score = Int64(parameters.pointee.width) * Int64(parameters.pointee.height)
      if cffmpeg_has_packets(stream) { score += 100_000_000 }
      if disposition & AV_DISPOSITION_DEFAULT != 0 { score += 5_000_000 }
      if disposition & AV_DISPOSITION_ATTACHED_PIC != 0 { score = -1 }
      if best.map({ score > $0.score }) ?? true { best = (stream, score) }
    }
    guard let best else { throw noVideo(undecodable) }
    best.stream.pointee.discard = AVDISCARD_DEFAULT
    return best.stream
  }

  private func noVideo(_ undecodable: String?) -> Failure {
    if let reason = source.likelyReason { return reason }
    guard let undecodable else {
      return Failure(.invalidVideo, "\(source.name) has no video stream")
    }
    return Failure(
      .invalidVideo, "\(source.name) is coded as \(undecodable), which this FFmpeg cannot decode")
  }

  private func unreadable(_ status: Int32) throws(Failure) -> Failure {
    try checkReads()
    if status == cffmpeg_error(ENOMEM) {
      return Failure.outOfMemory("the container", of: source, pixels: 0, damage: .invalidVideo)
    }
    if let reason = source.likelyReason { return reason }
    return Failure(
      .invalidVideo, "\(source.name) is not a video that FFmpeg can read: \(ffmpeg.text(status))")
  }

  /// Throws if FFmpeg's end of the file is not the true one: the call is over, or a read failed.
  private func checkReads() throws(Failure) {
    try source.allowance.check()
    if reader.failure != 0 { throw source.readFailure(reader.failure) }
  }
}
