import System

/// Checks a container's claims against its bytes before FFmpeg builds tables from them: numbers of samples, edits and
/// chunks that the file cannot hold, lists that would take very long to index, and files that cannot be decoded
/// (encrypted, or without an index). FFmpeg's memory and time for files that pass are proportional to their size.
///
/// FFmpeg builds no such tables for other formats. For them, and for anything that these checks miss, `Demuxer` and
/// `ByteReader` limit packets and index entries.
enum ContainerCheck {
  /// The limit on samples, or other entries, that a file may list: a base for any file, and more for each of its bytes.
  /// FFmpeg keeps about 60 bytes for each entry.
  static func maxEntries(_ source: ByteSource) -> Int64 { (1 << 18) + source.size / 4 }

  /// Checks a source, unless it has been checked. Throws for claims that it cannot hold, and for encrypted videos.
  /// - Parameter format: FFmpeg's name of the format.
  static func check(_ source: ByteSource, format: String) throws(Failure) {
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

  /// The error for a claim that the bytes cannot hold.
  static func claimsTooMuch(_ source: ByteSource, _ what: String) -> Failure {
    Failure(
      .invalidVideo, "\(source.name) is damaged: \(what), which its \(source.size) bytes cannot hold")
  }

  /// The error for a number beyond the limit for the file's size.
  static func tooMany(_ source: ByteSource, _ what: String) -> Failure {
    Failure(.limit, "\(source.name) has \(what), more than are read from \(source.size) bytes")
  }

  /// The error for an encrypted video. `scheme` names the encryption, if known.
  static func encrypted(_ source: ByteSource, _ scheme: String?) -> Failure {
    Failure(
      .invalidVideo,
      "\(source.name) is encrypted\(scheme.map { " (\($0))" } ?? ""): it cannot be decoded without its key; decrypt it "
        + "first")
  }
}
