import CShims
import System

/// A wish to end a tuner's present step, or the next one if there is none. Any thread may express it.
final class TunerCancellation: @unchecked Sendable {
  // Unchecked: the token's flag is atomic.
  private let token: OpaquePointer

  init() throws(Failure) {
    guard let token = cshims_token_create() else { throw .outOfMemory("a tuner") }
    self.token = token
  }

  deinit { cshims_token_release(token) }

  func want() { cshims_token_set(token, 1) }

  /// Runs a step on the calling thread. Where the wish ends it, the wish is used up.
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
