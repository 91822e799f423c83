import CGuest
import Glibc
import Numerics
import System
import Text

/// The highest instruction set that models may compute with, by the environment of the process.
enum InstructionLimit {
  private static let variable = "ACTIONCLIP_INSTRUCTIONS"
  /// The word for no limit.
  private static let none = "auto"

  /// The limit that the environment names; nil: none. A program with more rights than its user (setuid) ignores the
  /// environment.
  static func ofEnvironment() throws(Failure) -> InstructionSet? {
    guard let text = cguest_secure_getenv(variable), text.pointee != 0 else { return nil }
    let bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, 64))
    if bytes.elementsEqual(none.utf8) { return nil }
    guard let set = InstructionSet.ordered.first(where: { bytes.elementsEqual($0.name.utf8) }) else {
      throw .argument(
        "the environment variable \(variable) is \(quoted(bytes, limit: 32)), expected one of \(none), "
          + "\(InstructionSet.orderedNames); correct or unset it")
    }
    return set
  }
}
