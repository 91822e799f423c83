import Glibc

/// A thread that runs one piece of work.
struct WorkThread {
  private let thread: pthread_t

  init(_ work: @escaping @Sendable () -> Void) throws(CommandError) {
    let context = Unmanaged.passRetained(Work(run: work))
    var thread = pthread_t()
    let failed = pthread_create(
      &thread, nil,
      { raw in
        guard let raw else { return nil }
        Unmanaged<Work>.fromOpaque(raw).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard failed == 0 else {
      context.release()
      throw CommandError.system("cannot start a thread", code: failed)
    }
    self.thread = thread
  }

  /// Waits until the work has ended. Called once, or else `detach`.
  func join() { pthread_join(thread, nil) }

  func detach() { pthread_detach(thread) }

  private final class Work {
    let run: @Sendable () -> Void
    init(run: @escaping @Sendable () -> Void) { self.run = run }
  }
}
