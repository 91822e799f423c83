import System
import Digest

/// Whether a file's SHA-256 is computed when it is opened. If so, the file is read once, as a whole, into private memory,
/// and every tensor is taken from there: the bytes used are the bytes hashed, whatever happens to the file.
public enum HashRequest: Sendable {
  /// The file is not hashed.
  case none
  /// The file is hashed.
  case compute
  /// The file is hashed, and refused before anything in it is parsed if this is not its hash.
  case expect(SHA256.Digest)
}

extension HashRequest {
  /// The hash of the bytes that `file` gives from now on; nil where none is asked for.
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
