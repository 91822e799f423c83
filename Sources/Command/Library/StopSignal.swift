import CActionCLIP
import Glibc
import Synchronization

/// SIGINT and SIGTERM as a wish to stop: the first one ends the library's present call, so that there is time to save;
/// a second one ends the process at once. A signal that the parent process had ignored stays ignored.
final class StopSignal: @unchecked Sendable {
  private let token: OpaquePointer

  /// From now on signals are such wishes, and the calling thread's calls of the library end at one.
  init() throws(LibraryError) {
    var made: OpaquePointer?
    try check(actionclip_cancel_token_create(&made))
    guard let made else { throw LibraryError(status: 0, message: "no cancel token was given") }
    token = made
    try check(actionclip_thread_use_cancel_token(token, nil))
    signalled.store(0, ordering: .relaxed)
    cancelToken.store(UInt(bitPattern: token), ordering: .releasing)
    for number in [SIGINT, SIGTERM] {
      var (wish, old) = (sigaction(), sigaction())
      wish.__sigaction_handler.sa_handler = takeSignal
      wish.sa_flags = SA_RESTART
      sigaction(number, &wish, &old)
      if unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) == 1 {  // SIG_IGN
        sigaction(number, &old, nil)
      }
    }
  }

  deinit {
    for number in [SIGINT, SIGTERM] where signalled.load(ordering: .relaxed) == 0 { signal(number, SIG_DFL) }
    cancelToken.store(0, ordering: .releasing)
    actionclip_thread_use_cancel_token(nil, nil)
    actionclip_cancel_token_free(token)
  }

  /// Whether a stop was asked for.
  var isAsked: Bool { signalled.load(ordering: .acquiring) != 0 }

  /// Runs `body` on another thread, whose calls of the library end at a stop too.
  func include(_ body: () -> Void) {
    actionclip_thread_use_cancel_token(token, nil)
    defer { actionclip_thread_use_cancel_token(nil, nil) }
    body()
  }

  /// Ends the calls of the library that threads are in, as a signal does.
  func endCalls() { actionclip_cancel(token) }

  /// Lets calls of the library run again, to save what there is.
  func letCallsRun() throws(LibraryError) { try check(actionclip_cancel_token_reset(token)) }

  /// Ends the process by the signal that asked, as its parent expects.
  func end() -> Never {
    let number = signalled.load(ordering: .acquiring)
    signal(number, SIG_DFL)
    raise(number)
    _exit(128 + number)
  }
}

/// The first signal's number; 0: none yet.
private let signalled = Atomic<Int32>(0)
/// The cancel token's address; 0: there is none.
private let cancelToken = Atomic<UInt>(0)

/// The signals' handler, which calls what a handler may call.
private func takeSignal(_ number: Int32) {
  guard signalled.compareExchange(expected: 0, desired: number, ordering: .acquiringAndReleasing).exchanged
  else {
    signal(number, SIG_DFL)
    raise(number)
    return
  }
  actionclip_cancel(OpaquePointer(bitPattern: cancelToken.load(ordering: .acquiring)))
}
