import System
import Digest

/// Whether a file's SHA-256 is wanted when it is opened. The file is then read once, as a whole, into private
/// memory, and everything is taken from there: what was hashed is what is used, whatever happens to the file.
public enum Hashing: Sendable {
  case none
  case compute
  /// Another file than the one of this hash is refused before anything in it is looked at.
  case expect(SHA256.Digest)
}

extension Hashing {
  /// The hash, if it is wanted, of the bytes that `file` gives from now on.
  func digest(of file: inout FileBytes) throws(Failure) -> SHA256.Digest? {
    let expected: SHA256.Digest?
    switch self {
    case .none: return nil
    case .compute: expected = nil
    case .expect(let digest): expected = digest
    }
    let digest = try file.readWhole()
    guard expected == nil || digest == expected else {
      throw Failure(
        .hashMismatch,
        "the file's SHA-256 is \(digest.hexadecimal), expected \(expected?.hexadecimal ?? ""): it is not the "
          + "file that was meant")
    }
    return digest
  }
}
