internal import CFFmpeg

/// FFmpeg's functions, found on first use. One pointer to a table that lives as long as the process.
typealias FFmpeg = UnsafePointer<cffmpeg_api>

extension FFmpeg {
  static func bind() throws(VideoError) -> FFmpeg {
    var table: UnsafePointer<cffmpeg_api>?
    var message: UnsafePointer<CChar>?
    guard cffmpeg_bind(&table, &message) == 0, let table else {
      throw VideoError(.unavailable, message.map { String(cString: $0) } ?? "FFmpeg is missing")
    }
    return table
  }

  /// FFmpeg's words for one of its error codes, or the C library's for -errno.
  func text(_ status: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "error \(status)" }
      base.initialize(repeating: 0, count: 128)
      _ = pointee.av_strerror(status, base, 127)
      return String(cString: base)
    }
  }
}

/// Runs `body` with FFmpeg's messages from this thread dropped (Sources/CFFmpeg/logging.c).
func quietly<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  cffmpeg_quiet_begin()
  defer { cffmpeg_quiet_end() }
  return try body()
}
