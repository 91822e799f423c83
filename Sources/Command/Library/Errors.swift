import CActionCLIP
import Glibc

/// An error that the command itself found.
struct CommandError: Error {
  let message: String
  init(_ message: String) { self.message = message }

  /// An error of the C library: "`what`: No such file or directory".
  static func system(_ what: String, code: Int32 = errno) -> CommandError {
    CommandError("\(what): \(String(cString: strerror(code)))")
  }
}

/// A failed call of the library, with the library's message.
struct LibraryError: Error {
  let status: Int32
  let message: String
}

/// Ends the command without another message: the errors are already on standard error.
struct AlreadyReported: Error {
  var exitStatus: Int32 = 1
}

/// Throws the library's message for a status other than ACTIONCLIP_OK. Must run before the next call, which clears
/// the message.
func check(_ status: Int32) throws(LibraryError) {
  guard status != ACTIONCLIP_OK else { return }
  let said = OptionHints.withFlags(String(cString: actionclip_last_error()))
  let name = String(cString: actionclip_status_name(status))
  throw LibraryError(status: status, message: said.isEmpty ? "\(name) (\(status))" : said)
}

/// Throws as `check` does, and adds the path where the library's message does not name it: it cannot show a path that
/// is not UTF-8.
func check(_ status: Int32, on path: FilePath) throws(LibraryError) {
  do { try check(status) } catch {
    guard status == ACTIONCLIP_ERROR_INVALID_UTF8 else { throw error }
    throw LibraryError(status: status, message: "\(path.shown): \(error.message)")
  }
}

/// The message of an error.
func explanation(of error: any Error) -> String {
  switch error {
  case let error as CommandError: error.message
  case let error as LibraryError: error.message
  default: String(describing: error)
  }
}

/// The message of an error, beginning with `path` where it does not name that file itself.
func explanation(of error: any Error, naming path: String) -> String {
  let said = explanation(of: error)
  return said.contains(path) ? said : "\(path): \(said)"
}
