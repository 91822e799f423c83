import CActionCLIP
import CShims
import System

// Functions of cancel tokens, which end long calls early.

/// Runs the work of an exported function that may take long, as `boundary` does. If the thread's cancel token is set,
/// the call ends at once.
func longCall(_ body: () throws(Failure) -> Void) -> Int32 {
  boundary { () throws(Failure) in
    try checkCancelled()
    try body()
  }
}

/// Checks that a token is live. A token is no `Handle`, since a signal handler may set it and a forked child may use
/// its copy.
private func live(_ token: OpaquePointer?) throws(Failure) -> OpaquePointer {
  guard let token else { throw .argument("cancel token is NULL") }
  guard cshims_token_is_live(token) != 0 else {
    throw Failure(
      .invalidHandle, "this is not a live cancel token (freed, or another kind of handle)")
  }
  return token
}

@_cdecl("actionclip_cancel_token_create") @implementation
public func actionclip_cancel_token_create(_ token_out: UnsafeMutablePointer<OpaquePointer?>!) -> Int32 {
  boundary { () throws(Failure) in
    let out = try required(token_out, "token_out")
    guard let token = cshims_token_create() else { throw .outOfMemory("a cancel token") }
    out.pointee = token
  }
}

@_cdecl("actionclip_cancel_token_free") @implementation
public func actionclip_cancel_token_free(_ token: OpaquePointer!) {
  guard let token, cshims_token_is_live(token) != 0 else { return }
  cshims_token_release(token)
}

@_cdecl("actionclip_cancel") @implementation
public func actionclip_cancel(_ token: OpaquePointer!) {
  guard let token, cshims_token_is_live(token) != 0 else { return }
  cshims_token_set(token, 1)
}

@_cdecl("actionclip_cancel_token_is_cancelled") @implementation
public func actionclip_cancel_token_is_cancelled(_ token: OpaquePointer!) -> Int32 {
  counting { () throws(Failure) in Int(cshims_token_is_set(try live(token))) }
}

@_cdecl("actionclip_cancel_token_reset") @implementation
public func actionclip_cancel_token_reset(_ token: OpaquePointer!) -> Int32 {
  boundary { () throws(Failure) in cshims_token_set(try live(token), 0) }
}

@_cdecl("actionclip_thread_use_cancel_token") @implementation
public func actionclip_thread_use_cancel_token(
  _ token: OpaquePointer!, _ previous_out: UnsafeMutablePointer<OpaquePointer?>!
) -> Int32 {
  boundary { () throws(Failure) in
    let token = try token.map { (token) throws(Failure) in try live(token) }
    var previous: OpaquePointer?
    guard cshims_use_token(token, &previous) != 0 else {
      throw .outOfMemory("the thread's use of a cancel token")
    }
    previous_out?.pointee = previous
  }
}
