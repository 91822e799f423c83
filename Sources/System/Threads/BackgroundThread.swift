import Glibc

/// A thread of our own: it takes none of the host's signals, and has its creator's processors, rounding and
/// flushing of numbers.
public struct BackgroundThread {
  private let thread: pthread_t

  /// Runs `work` on a new thread; nil where the system gives none.
  public init?(_ work: @escaping () -> Void) {
    // Faults still arrive where they happen.
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
    // The usual size, unless the process gives its threads less than the work here needs.
    var stack = 0
    pthread_attr_getstacksize(&attributes, &stack)
    if stack < BackgroundThread.leastStack {
      pthread_attr_setstacksize(&attributes, BackgroundThread.leastStack)
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

  private static let leastStack = 256 << 10

  /// Waits for the work's end; once.
  public func join() { pthread_join(thread, nil) }

  private final class Work {
    let run: () -> Void
    init(run: @escaping () -> Void) { self.run = run }
  }
}
