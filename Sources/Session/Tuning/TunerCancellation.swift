import CShims
import System

/// A wish to end a tuner's present step, or the next one if there is none. It ends making of the copy that is trained too,
/// where it comes while that goes on. Any thread may express it.
final class TunerCancellation: @unchecked Sendable {
  // Unchecked: the token's flag is atomic.
  private let token: OpaquePointer

  init() throws(Failure) {
    guard let token = cshims_token_create() else { throw .outOfMemory("a tuner") }
    self.token = token
  }

  deinit { cshims_token_release(token) }

  func want() { cshims_token_set(token, 1) }

  /// Throws if there is a wish, which is used up.
  func check() throws(Failure) { try whileAllowed { () throws(Failure) in } }

  /// Makes a copy on the calling thread. A wish from before is left to the next step.
  func whileMaking<R>(_ copy: () throws(Failure) -> R) throws(Failure) -> R {
    if cshims_token_is_set(token) != 0 { return try copy() }
    return try whileAllowed(copy)
  }

  /// Runs a step on the calling thread, and not within another one. Where the wish ends it, the wish is used up.
  func whileAllowed<R>(_ step: () throws(Failure) -> R) throws(Failure) -> R {
    cshims_use_call_token(token)
    defer { cshims_use_call_token(nil) }
    do throws(Failure) {
      try checkCancelled()
      return try step()
    } catch {
      guard error.kind == .cancelled, cshims_token_is_set(token) != 0 else { throw error }
      cshims_token_set(token, 0)
      throw Failure(.cancelled, "cancelled by actionclip_tuner_cancel; later steps go on")
    }
  }
}
