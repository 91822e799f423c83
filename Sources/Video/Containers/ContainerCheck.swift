import System

/// Holds what a container claims against its bytes before FFmpeg builds tables from it: numbers of samples, edits and
/// chunks that the file cannot hold, lists that would make indexing take very long, and what cannot be decoded at all
/// (encrypted, or without its index). What passes costs FFmpeg memory and time in proportion to the file.
///
/// Formats without a check of their own have no tables that are made from claims: for them, and for what is hidden from
/// these checks, reading stops at `Demuxer`'s and `ByteReader`'s limits on packets and index entries.
enum ContainerCheck {
  /// Samples, or other things that a file may list at most: some for any file, and so many for its bytes. FFmpeg keeps
  /// about 60 bytes for each.
  static func mostEntries(_ source: ByteSource) -> Int64 { (1 << 18) + source.size / 4 }

  /// - Parameter format: FFmpeg's name of it.
  static func check(_ source: ByteSource, format: String) throws(VideoError) {
    if source.isChecked { return }
    let names = format.split(separator: ",")
    if names.contains("mp4") {
      var check = try MP4Check(source)
      try check.run()
    } else if names.contains("matroska") {
      var check = try MatroskaCheck(source)
      try check.run()
    } else if names.contains("avi") {
      var check = try AVICheck(source)
      try check.run()
    }
    if names.contains("mpegts"), try TransportStreamCheck.isScrambled(source) {
      source.likelyReason = encrypted(source, "scrambled")
    }
    try source.checkUnchanged()
    source.isChecked = true
  }

  /// More is claimed than the bytes can hold.
  static func claimsTooMuch(_ source: ByteSource, _ what: String) -> VideoError {
    VideoError(
      .invalidVideo, "\(source.name) is damaged: \(what), which its \(source.size) bytes cannot hold")
  }

  static func tooMany(_ source: ByteSource, _ what: String) -> VideoError {
    VideoError(.limit, "\(source.name) has \(what), more than is read of \(source.size) bytes")
  }

  static func encrypted(_ source: ByteSource, _ scheme: String?) -> VideoError {
    VideoError(
      .invalidVideo,
      "\(source.name) is encrypted\(scheme.map { " (\($0))" } ?? ""): it cannot be decoded without its key; decrypt it "
        + "first")
  }
}
