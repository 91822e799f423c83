import System
internal import CFFmpeg
internal import Glibc

/// FFmpeg's functions, loaded at first use: a pointer to a table that lives as long as the process.
typealias FFmpeg = UnsafePointer<cffmpeg_api>

extension FFmpeg {
  /// Loads FFmpeg's libraries, unless an earlier call has.
  /// - Throws: `.unavailable` if a library is missing; `.outOfMemory`, or `.fileOpen` without free descriptors, if they
  ///   cannot be loaded now. The next call tries again.
  static func bind() throws(Failure) -> FFmpeg {
    var table: UnsafePointer<cffmpeg_api>?
    var status: Int32 = 0
    let message = withUnsafeTemporaryAllocation(of: CChar.self, capacity: 1024) { buffer in
      guard let base = buffer.baseAddress else { return "" }
      base.initialize(repeating: 0, count: buffer.count)
      status = cffmpeg_bind(&table, base, buffer.count)
      return String(cString: base)
    }
    if status == 0, let table { return table }
    throw Failure(status == ENOMEM ? .outOfMemory : status == EMFILE ? .fileOpen : .unavailable, message)
  }

  /// FFmpeg's text for one of its error codes, or the C library's for -errno.
  func text(_ status: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
      guard let base = buffer.baseAddress else { return "error \(status)" }
      base.initialize(repeating: 0, count: 128)
      _ = pointee.av_strerror(status, base, 127)
      return String(cString: base)
    }
  }
}

/// The library that decodes videos.
public enum VideoLibrary {
  /// The versions of FFmpeg and its libavformat, a static string. FFmpeg's libraries are loaded, unless an earlier call
  /// has loaded them.
  /// - Throws: what opening a video throws without them.
  public static func versions() throws(Failure) -> UnsafePointer<CChar> {
    try FFmpeg.bind().pointee.versions
  }
}

/// Runs `body` and drops the messages that FFmpeg logs on this thread (Sources/CFFmpeg/logging.c).
func quietly<Result, Failure: Error>(
  _ body: () throws(Failure) -> Result
) throws(Failure) -> Result {
  cffmpeg_quiet_begin()
  defer { cffmpeg_quiet_end() }
  return try body()
}
