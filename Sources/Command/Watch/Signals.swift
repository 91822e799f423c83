import Glibc
import Synchronization

/// SIGINT, SIGTERM and SIGHUP as requests. A thread waits for them, so nothing is interrupted: the first SIGINT or
/// SIGTERM asks for a stop, the next one ends the process at once. Before the first frame there is nothing to finish,
/// so the process ends with status 128 and the signal's number.
final class Signals: Sendable {
  private let stop: StopRequest
  /// Whether SIGHUP means that the labels are read again; otherwise it asks for a stop, as when a terminal closes.
  private let rereads: Bool
  private let running = Atomic(false)
  private let hangup = Atomic(false)

  /// Must be called before any other thread is made, since those inherit which signals are blocked. A signal that the
  /// parent process had ignored stays ignored, but for SIGHUP where the labels are read again: nohup ignores it so that
  /// it ends nothing.
  init(stop: StopRequest, rereads: Bool) throws(CommandError) {
    self.stop = stop
    self.rereads = rereads
    var awaited = sigset_t()
    sigemptyset(&awaited)
    for signal in [SIGINT, SIGTERM, SIGHUP] where signal == SIGHUP && rereads || !Signals.isIgnored(signal) {
      sigaddset(&awaited, signal)
    }
    pthread_sigmask(SIG_BLOCK, &awaited, nil)
    if rereads { Glibc.signal(SIGHUP, SIG_DFL) }  // a signal that is ignored need not wait for sigwait
    let signals = awaited
    try WorkThread { [self] in
      var (signals, number) = (signals, 0 as Int32)
      while sigwait(&signals, &number) == 0 { take(number) }
    }.detach()
  }

  private static func isIgnored(_ signal: Int32) -> Bool {
    var action = sigaction()
    sigaction(signal, nil, &action)
    return unsafeBitCast(action.__sigaction_handler.sa_handler, to: Int.self) == 1  // SIG_IGN
  }

  private func take(_ signal: Int32) {
    if signal == SIGHUP, rereads {
      hangup.store(true, ordering: .releasing)
    } else if running.load(ordering: .acquiring), !stop.isAsked {
      stop.ask()
    } else if !running.load(ordering: .acquiring) {
      _exit(128 + signal)
    } else {
      Glibc.signal(signal, SIG_DFL)
      var own = sigset_t()
      sigemptyset(&own)
      sigaddset(&own, signal)
      pthread_sigmask(SIG_UNBLOCK, &own, nil)
      raise(signal)
    }
  }

  /// Says that frames are read: from now on a stop has something to finish.
  func frames() { running.store(true, ordering: .releasing) }

  /// Whether there was a SIGHUP since the last call.
  func takeHangup() -> Bool { hangup.exchange(false, ordering: .acquiringAndReleasing) }
}
