import CActionCLIP
import Digest
import Glibc
import System
import Text
import Weights

// The SHA-256 of a model's file: what the options ask for, and what was found.

func hashing(_ options: actionclip_model_options) throws(Failure) -> Hashing {
  guard [ACTIONCLIP_AS_CHECKPOINT, ACTIONCLIP_ON, ACTIONCLIP_OFF].contains(options.compute_sha256) else {
    throw .argument(
      "compute_sha256 is \(options.compute_sha256), expected 0, ACTIONCLIP_ON or ACTIONCLIP_OFF")
  }
  guard let expected = options.expected_sha256 else {
    return options.compute_sha256 == ACTIONCLIP_ON ? .compute : .none
  }
  // One more than there may be, so that a longer text is never taken for its beginning.
  let text = UnsafeRawBufferPointer(start: expected, count: strnlen(expected, 65))
  guard let digest = SHA256.Digest(hexadecimal: text) else {
    throw .argument(
      "expected_sha256 is \(quoted(text, limit: 64)), expected 64 hexadecimal digits (or NULL for any file)")
  }
  return .expect(digest)
}

@_cdecl("actionclip_model_sha256") @implementation
public func actionclip_model_sha256(_ model: OpaquePointer!) -> UnsafePointer<CChar>! {
  string(model) { $0.sha256.cString(0) }
}
