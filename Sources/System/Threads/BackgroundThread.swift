import Glibc

/// A thread of the library. It blocks the host's signals, and inherits its creator's processor affinity and
/// floating-point mode (rounding, flushing of subnormal numbers).
public struct BackgroundThread {
  private let thread: pthread_t

  /// Runs `work` on a new thread; nil if the system refuses one.
  public init?(_ work: @escaping () -> Void) {
    // Faults stay unblocked, so that they arrive at the thread that causes them.
    var all = sigset_t()
    var before = sigset_t()
    sigfillset(&all)
    for fault in [SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP] { sigdelset(&all, fault) }
    pthread_sigmask(SIG_SETMASK, &all, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let context = Unmanaged.passRetained(Work(run: work))
    var thread = pthread_t()
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    // The process's default stack size, unless that is less than the work needs.
    var stackSize = 0
    pthread_attr_getstacksize(&attributes, &stackSize)
    if stackSize < BackgroundThread.minimumStackSize {
      pthread_attr_setstacksize(&attributes, BackgroundThread.minimumStackSize)
    }
    let failed = pthread_create(
      &thread, &attributes,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard failed == 0 else {
      context.release()
      return nil
    }
    self.thread = thread
  }

  private static let minimumStackSize = 256 << 10

  /// Waits until the work has ended. Must be called exactly once.
  public func join() { pthread_join(thread, nil) }

  private final class Work {
    let run: () -> Void
    init(run: @escaping () -> Void) { self.run = run }
  }
}
