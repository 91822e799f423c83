import CGuest
import Glibc
import System
import Text

/// A setting that the environment of the process gives, for people who cannot change the program.
struct EnvironmentSetting {
  private let name: String
  /// The value, cut where it is longer than any that is expected.
  let bytes: UnsafeRawBufferPointer

  /// Nil where the variable is not set or empty, and in a program with more rights than its user (setuid), which
  /// ignores the environment.
  init?(_ name: String) {
    guard let text = cguest_secure_getenv(name), text.pointee != 0 else { return nil }
    self.name = name
    bytes = UnsafeRawBufferPointer(start: text, count: strnlen(text, 64))
  }

  /// The error of a value that is not expected, with what can be done besides.
  func failure(expected: String, or remedy: String = "") -> Failure {
    .argument(
      "the environment variable \(name) is \(quoted(bytes, limit: 32)), expected \(expected); correct or unset"
        + " it\(remedy)")
  }
}
