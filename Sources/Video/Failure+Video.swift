internal import Glibc
import System

extension Failure {
  /// The error for FFmpeg's ENOMEM, which a damaged file that asks for absurd sizes causes too. If memory for the whole
  /// file and for pictures of `pixels` is available, the error is damage, of kind `damage`.
  static func outOfMemory(_ what: String, of source: ByteSource, pixels: Int64, damage: Kind) -> Failure {
    isMemoryAvailable(for: source, pixels: pixels)
      ? Failure(damage, "\(source.name) is damaged: it asks for more memory than anything in it can need")
      : outOfMemory("\(what) of \(source.name)")
  }

  /// Whether memory is available for the whole file and for the pictures that a decoder keeps, at most 16 of 4 bytes a
  /// pixel.
  static func isMemoryAvailable(for source: ByteSource, pixels: Int64) -> Bool {
    let pictures = min(max(0, pixels), 1 << 31) * 4 * 16
    guard let probe = malloc(Int(min(source.size, 1 << 31) + pictures + (64 << 20))) else { return false }
    free(probe)
    return true
  }
}

/// An error of reading frames: the video failed, or the closure that takes the frames threw.
public enum VideoReadError<Emit: Error>: Error {
  case video(Failure)
  case emit(Emit)
}
