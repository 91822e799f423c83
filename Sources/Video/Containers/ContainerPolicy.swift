import System
internal import CFFmpeg

/// Decides which of FFmpeg's input formats are read: containers, bare video streams, and pictures. Formats that refer
/// to other files or addresses are refused, and so are rare ones, since each is more code that a hostile file can
/// reach.
enum ContainerPolicy {
  /// Whether a format refers to other files: playlists, manifests, scripts, session descriptions. It is a function and
  /// no static list, since a child forked while another thread initialises a static would wait forever.
  private static func refers(_ name: Substring) -> Bool {
    switch name {
    case "applehttp", "avisynth", "concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp",
      "sap", "sdp", "vapoursynth", "vobsub", "webm_dash_manifest":
      true
    default: false
    }
  }

  /// Whether a format is one that is read.
  private static func isRead(_ name: Substring) -> Bool {
    switch name {
    // Containers of phones and editing, broadcast, the web, Windows, recorders and cameras.
    case "mov", "mp4", "matroska", "webm", "avi", "flv", "live_flv", "kux", "ogg", "nut", "gif", "apng",
      "mpegts", "mpeg", "mxf", "gxf", "lxf", "dv", "wtv", "ty", "pva", "asf", "asf_o", "rm", "ivr", "nsv",
      "swf", "dhav",
      "cine", "smjpeg":
      true
    // Streams without a container.
    case "h261", "h263", "h264", "hevc", "vvc", "evc", "av1", "obu", "ivf", "m4v", "mpegvideo", "mjpeg",
      "mjpeg_2000",
      "vc1", "vc1test", "cavsvideo", "avs2", "avs3", "dirac", "dnxhd", "ipu", "yuv4mpegpipe":
      true
    // Pictures, which are videos of one frame.
    case "jpeg_pipe", "png_pipe", "bmp_pipe", "webp_pipe", "tiff_pipe", "j2k_pipe", "jpegls_pipe",
      "jpegxl_pipe",
      "jpegxl_anim", "ppm_pipe", "pgm_pipe", "pgmyuv_pipe", "pbm_pipe", "pam_pipe", "qoi_pipe", "gif_pipe":
      true
    default: false
    }
  }

  /// The error for a source that FFmpeg takes for nothing, if it is a playlist: FFmpeg 7 and 8 tell some of them by
  /// their file names alone. Nil for anything else.
  static func playlist(_ source: ByteSource) -> Failure? {
    withUnsafeTemporaryAllocation(byteCount: 512, alignment: 1) { buffer in
      guard let start = buffer.baseAddress else { return nil }
      let text = UnsafeRawBufferPointer(
        start: start, count: max(0, source.read(start, count: buffer.count, at: 0)))
      let isManifest = text.starts(with: "<?xml".utf8) && contains(text, "<MPD")
      guard text.starts(with: "#EXTM3U".utf8) || isManifest else { return nil }
      return refersToOthers(source, isManifest ? "dash" : "hls")
    }
  }

  private static func contains(_ text: UnsafeRawBufferPointer, _ word: StaticString) -> Bool {
    let word = UnsafeRawBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
    return text.indices.contains { text[$0...].starts(with: word) }
  }

  private static func refersToOthers(_ source: ByteSource, _ format: String) -> Failure {
    Failure(
      .invalidVideo,
      "\(source.name) is of format \(format), which refers to other files; open the video itself")
  }

  /// Throws if FFmpeg's input format `format` is not read.
  static func check(_ format: OpaquePointer, of source: ByteSource) throws(Failure) {
    let name = cffmpeg_format_names(format).map { String(cString: $0) } ?? "unnamed"
    // A format may go by several names.
    let names = name.split(separator: ",")
    if names.contains(where: refers) || cffmpeg_opens_itself(format) {
      throw refersToOthers(source, name)
    }
    guard names.contains(where: isRead) else {
      throw Failure(
        .invalidVideo,
        "\(source.name) is of format \(name), from which no video is read; if there is video in it, convert "
          + "it first, for example with ffmpeg -i FILE video.mp4")
    }
  }
}
