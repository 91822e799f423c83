/// A few pthreads that run the iterations of one loop at a time. They are created when first needed
/// and joined when the pool is released. A loop that finds the pool busy with another caller's loop
/// runs on its own thread alone: callers never wait for each other, and since loops are cut into the
/// same iterations either way the results are the same.
public final class ThreadPool: Sendable {
  /// Threads that compute, the caller's included.
  public let threads: Int

  /// The worker threads, which keep it alive; the pool stops them.
  private let workers: WorkerGroup

  /// - Parameter processors: ids of the processors that the workers are bound to, in turn; empty: they may run where the
  ///   thread that first calls `run` may.
  public init(threads: Int, processors: [Int32] = []) {
    self.threads = max(1, threads)
    workers = WorkerGroup(threads: self.threads, processors: processors)
  }

  /// Joins the workers. In a forked child they do not exist: its owner must leak the pool instead.
  deinit { workers.stopAndJoin() }

  /// Calls `work(index, slot)` once for every index in 0..<count, in any order, on up to `threads`
  /// threads. `slot` (0..<threads) is the running thread's own number within this loop, for scratch.
  public func run(count: Int, _ work: (_ index: Int, _ slot: Int) -> Void) {
    if threads > 1, count > 1, workers.run(count: count, work) { return }
    for index in 0..<max(count, 0) { work(index, 0) }
  }
}
