internal import Glibc

/// What went wrong with a video. `message` is one line that names the video, what was met and,
/// where there is something to do, what to do.
public struct VideoError: Error, Equatable {
  public enum Kind: Sendable {
    /// Missing, unreadable or not a regular file.
    case fileOpen
    /// Reading failed half-way.
    case fileRead
    /// FFmpeg's libraries are not installed.
    case unavailable
    /// Not a video that FFmpeg can read, or a file without one in it.
    case invalid
    /// No frame could be decoded.
    case decode
    /// Pictures larger than allowed.
    case limit
    case outOfMemory
    case invalidArgument
    /// The video was opened before fork(), in the parent process.
    case forked
    /// The cancel token that the calling thread hears was set.
    case cancelled
    /// The limit on the time that a video may take ran out.
    case timeLimit
  }
  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  static func outOfMemory(_ what: String) -> VideoError {
    VideoError(.outOfMemory, "no memory for \(what)")
  }

  /// FFmpeg says ENOMEM also where a damaged file asks for something absurd. With memory to be had for the whole file
  /// and for pictures of `pixels` it was that: damage of the given kind, not want.
  static func outOfMemory(_ what: String, of source: ByteSource, pixels: Int64, damage: Kind) -> VideoError {
    memoryIsThere(for: source, pixels: pixels)
      ? VideoError(damage, "\(source.name) is damaged: it asks for more memory than anything in it can need")
      : outOfMemory("\(what) of \(source.name)")
  }

  /// As many pictures as a decoder keeps at most, at 4 bytes a pixel.
  static func memoryIsThere(for source: ByteSource, pixels: Int64) -> Bool {
    let pictures = min(max(0, pixels), 1 << 31) * 4 * 16
    guard let probe = malloc(Int(min(source.size, 1 << 31) + pictures + (64 << 20))) else { return false }
    free(probe)
    return true
  }
}

/// Why reading frames ended early: the video failed, or the closure that takes the frames threw.
public enum VideoReadError<Emit: Error>: Error {
  case video(VideoError)
  case emit(Emit)
}
