import CActionCLIP
import Glibc

/// Something the command itself found wrong.
struct CommandError: Error {
  let message: String
  init(_ message: String) { self.message = message }

  /// "`what`: No such file or directory" for the C library's latest error.
  static func system(_ what: String, code: Int32 = errno) -> CommandError {
    CommandError("\(what): \(String(cString: strerror(code)))")
  }
}

/// A call of the library that failed, with the library's own line about it.
struct LibraryError: Error {
  let status: Int32
  let message: String
}

/// Everything has been said on standard error; only the exit status is left.
struct AlreadyReported: Error {}

/// Turns a status into a thrown error. The message must be fetched before the next call.
func check(_ status: Int32) throws(LibraryError) {
  guard status != ACTIONCLIP_OK else { return }
  let said = OptionHints.withFlags(String(cString: actionclip_last_error()))
  let name = String(cString: actionclip_status_name(status))
  throw LibraryError(status: status, message: said.isEmpty ? "\(name) (\(status))" : said)
}

/// The same where the library opened a file: a name that it could not take is not in its line.
func check(_ status: Int32, on path: FilePath) throws(LibraryError) {
  do { try check(status) } catch {
    guard status == ACTIONCLIP_ERROR_INVALID_UTF8 else { throw error }
    throw LibraryError(status: status, message: "\(path.shown): \(error.message)")
  }
}

/// The line about `error`, whichever of ours it is.
func explanation(of error: any Error) -> String {
  switch error {
  case let error as CommandError: error.message
  case let error as LibraryError: error.message
  default: String(describing: error)
  }
}

/// The same with the file that was worked on: the library names it where it is at fault, but not in
/// every error.
func explanation(of error: any Error, naming path: String) -> String {
  let said = explanation(of: error)
  return said.contains(path) ? said : "\(path): \(said)"
}
