import System

/// Checks a container's claims against its bytes before FFmpeg builds tables from them: numbers of samples, edits and
/// chunks that the file cannot hold, lists that would take very long to index, and files that cannot be decoded
/// (encrypted, or without an index). FFmpeg's memory and time for files that pass are proportional to their size.
///
/// Other formats have no tables built from claims: for them, and for anything hidden from these checks, `Demuxer` and
/// `ByteReader` limit packets and index entries.
enum ContainerCheck {
  /// The most samples, or other entries, that a file may list: a base for any file, and a number for its bytes.
  /// FFmpeg keeps about 60 bytes for each.
  static func mostEntries(_ source: ByteSource) -> Int64 { (1 << 18) + source.size / 4 }

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

  /// The error for claims that the bytes cannot hold.
  static func claimsTooMuch(_ source: ByteSource, _ what: String) -> Failure {
    Failure(
      .invalidVideo, "\(source.name) is damaged: \(what), which its \(source.size) bytes cannot hold")
  }

  static func tooMany(_ source: ByteSource, _ what: String) -> Failure {
    Failure(.limit, "\(source.name) has \(what), more than is read of \(source.size) bytes")
  }

  static func encrypted(_ source: ByteSource, _ scheme: String?) -> Failure {
    Failure(
      .invalidVideo,
      "\(source.name) is encrypted\(scheme.map { " (\($0))" } ?? ""): it cannot be decoded without its key; decrypt it "
        + "first")
  }
}
