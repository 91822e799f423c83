import CGuest
import Glibc
import System
import Text

/// The number of threads with which a model computes, or a video is decoded, if the program asks for no number.
public enum DefaultThreads {
  /// The largest number of threads that can be asked for.
  public static let maximum = 256
  private static let variable = "ACTIONCLIP_THREADS"

  /// The number that the environment gives, else one thread for each available processor. A program with more rights
  /// than its user (setuid) ignores the environment.
  public static func count() throws(Failure) -> Int {
    guard let text = cguest_secure_getenv(variable), text.pointee != 0 else {
      return min(availableProcessors(), maximum)
    }
    let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, 64))
    guard bytes.count <= 3, bytes.allSatisfy({ (0x30...0x39).contains($0) }),
      case let count = bytes.reduce(0, { $0 * 10 + Int($1 - 0x30) }), (1...maximum).contains(count)
    else {
      throw .argument(
        "the environment variable \(variable) is \(quoted(bytes, limit: 32)), expected 1 to \(maximum);"
          + " correct or unset it, or give a number of threads (option threads)")
    }
    return count
  }
}
