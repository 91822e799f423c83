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
  private var io: OpaquePointer?
  private var context: OpaquePointer?
  private var isOpen = false
  /// FFmpeg's structure of the current packet, valid after `next()` has returned true.
  private(set) var packet: OpaquePointer?
  /// The properties of the current packet.
  private(set) var contents = cffmpeg_packet()
  /// The chosen stream, owned by `context`.
  private var chosen: OpaquePointer?
  /// The index of the chosen stream in the container.
  private var index: Int32?
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
      if let known { chosen = listedStream(known) }
      if chosen == nil {
        try findStreamInfo(maxPixels: maxPixels)
        knowsStream = true
        chosen = try chooseStream()
      }
      index = stream?.index
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
      if let io { cffmpeg_free_io(ffmpeg, io) }
    }
  }

  /// Whether files of the format may be cut and joined byte by byte, as in MPEG-TS, so that times may jump.
  var mayRestart: Bool { format.map { cffmpeg_may_restart($0) } ?? false }

  /// The properties of the chosen stream.
  var stream: cffmpeg_stream? { chosen.map { cffmpeg_read_stream(ffmpeg, $0) } }

  /// The 3x3 display matrix of the stream; nil if it has none.
  var displayMatrix: UnsafePointer<Int32>? { chosen.flatMap { cffmpeg_stream_matrix(ffmpeg, $0) } }

  /// Whether the current packet changes the parameters of its stream, such as the size of pictures.
  var packetChangesParameters: Bool { packet.map { cffmpeg_changes_parameters(ffmpeg, $0) } ?? false }

  /// A new decoder for the stream, not opened yet, which the caller frees; nil without memory. `status` gets FFmpeg's
  /// error, or 0.
  func makeDecoder(_ status: inout Int32) -> OpaquePointer? {
    chosen.flatMap { cffmpeg_new_decoder(ffmpeg, $0, &status) }
  }

  /// FFmpeg's input format of the container.
  private var format: OpaquePointer? { context.flatMap { cffmpeg_format_of($0) } }

  /// Reads the next packet of the stream. False at the end, or if the container is too damaged to continue; earlier
  /// packets are kept then, as in the ffmpeg program.
  func next() throws(Failure) -> Bool {
    guard let context, let packet, let index else { return false }
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
        contents = cffmpeg_read_packet(packet)
        guard contents.stream == index else { continue }
        try count(contents)
        // An empty packet would tell the decoder that the stream has ended.
        if contents.size > 0 { return true }
      }
    }
  }

  /// Counts a packet of the stream. Throws if packets are more, or larger, than the file's size allows.
  private func count(_ packet: cffmpeg_packet) throws(Failure) {
    packets += 1
    packetBytes += Int64(max(0, packet.size))
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
    let isConfined = cffmpeg_confine(
      ffmpeg, context, io, Self.maxStreams, ByteReader.interruptCallback,
      Unmanaged.passUnretained(reader).toOpaque())
    guard isConfined else { throw Failure.outOfMemory(source.name) }

    var status: Int32 = 0
    guard let format = cffmpeg_probe(ffmpeg, io, context, &status) else {
      let failure = try unreadable(status)
      throw ContainerPolicy.playlist(source) ?? failure
    }
    try ContainerPolicy.check(format, of: source)
    try ContainerCheck.check(source, format: cffmpeg_format_names(format).map { String(cString: $0) } ?? "")
    reader.context = context
    status = ffmpeg.pointee.avformat_open_input(&self.context, "", format, nil)
    reader.context = self.context
    if status < 0 { throw try unreadable(status) }
    isOpen = true
    try checkReads()
  }

  /// Reads until the sizes and rates of the streams are known. For this FFmpeg decodes a few frames with its own
  /// decoders, under the same limit on pictures.
  private func findStreamInfo(maxPixels: Int) throws(Failure) {
    guard let context else { return }
    let count = Int(cffmpeg_stream_count(context))  // <= maxStreams
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
  private func listedStream(_ known: Int32) -> OpaquePointer? {
    guard let context, known >= 0, known < cffmpeg_stream_count(context),
      let names = format.flatMap({ cffmpeg_format_names($0) }), String(cString: names).hasPrefix("mov,mp4,")
    else { return nil }
    var listed: OpaquePointer?
    for index in 0..<cffmpeg_stream_count(context) {
      guard let stream = cffmpeg_stream_at(context, index) else { continue }
      cffmpeg_use_stream(stream, index == known)
      if index == known { listed = stream }
    }
    return listed
  }

  /// Chooses the stream with the largest picture, as the ffmpeg program does: a stream marked as the default counts
  /// as 5 million pixels larger, one without packets counts as smaller, and cover art comes last.
  private func chooseStream() throws(Failure) -> OpaquePointer {
    var best: (stream: OpaquePointer, score: Int64)?
    var undecodable: String?
    guard let context else { throw noVideo(nil) }
    for index in 0..<cffmpeg_stream_count(context) {
      guard let stream = cffmpeg_stream_at(context, index) else { continue }
      cffmpeg_use_stream(stream, false)
      let properties = cffmpeg_read_stream(ffmpeg, stream)
      guard properties.is_video else { continue }
      guard cffmpeg_has_decoder(ffmpeg, properties.codec_id) else {
        undecodable = ffmpeg.pointee.avcodec_get_name(properties.codec_id).map { String(cString: $0) }
        continue
      }
      var score = Int64(properties.width) * Int64(properties.height)
      if properties.has_packets { score += 100_000_000 }
      if properties.is_default { score += 5_000_000 }
      if properties.is_cover { score = -1 }
      if best.map({ score > $0.score }) ?? true { best = (stream, score) }
    }
    guard let best else { throw noVideo(undecodable) }
    cffmpeg_use_stream(best.stream, true)
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
