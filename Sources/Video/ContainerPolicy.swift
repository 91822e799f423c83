internal import CFFmpeg

/// Which of FFmpeg's input formats are turned away: those that name other files or addresses
/// instead of holding the video. What is allowed is everything else that FFmpeg can read.
enum ContainerPolicy {
  /// Playlists, manifests, scripts and session descriptions. Not a static set: a child forked while
  /// another thread makes that would wait for it forever.
  private static func isRefused(_ name: Substring) -> Bool {
    switch name {
    case "applehttp", "avisynth", "concat", "dash", "hls", "image2", "imf", "lavfi", "rtp", "rtsp",
      "sap", "sdp", "vapoursynth", "vobsub", "webm_dash_manifest":
      true
    default: false
    }
  }

  static func check(
    _ format: UnsafePointer<AVInputFormat>, of source: ByteSource
  ) throws(VideoError) {
    let name = format.pointee.name.map { String(cString: $0) } ?? "unnamed"
    // AVFMT_NOFILE: the format opens its input itself (devices, protocols, image sequences).
    // A format may go by several names.
    if name.split(separator: ",").contains(where: isRefused) || format.pointee.flags & AVFMT_NOFILE != 0 {
      throw VideoError(
        .invalid,
        "\(source.name) is of format \(name), which refers to other files; open the video itself")
    }
  }
}
