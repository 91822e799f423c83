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
}

/// Why reading frames ended early: the video failed, or the closure that takes the frames threw.
public enum VideoReadError<Emit: Error>: Error {
  case video(VideoError)
  case emit(Emit)
}
