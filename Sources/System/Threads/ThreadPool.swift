/// A pool of threads that share the iterations of one loop at a time. The threads are created on first use and joined
/// when the pool is released. While the pool runs another caller's loop, a loop runs on the calling thread alone, so
/// callers never wait for each other; both ways run the same iterations and give the same results.
public final class ThreadPool: Sendable {
  /// Number of threads that compute, the caller's included.
  public let threads: Int

  /// The worker threads. They retain this group, so the pool stops them when it is released.
  private let workers: WorkerGroup

  /// Makes a pool of `threads` threads, at least one; none is created yet.
  /// - Parameter processors: processor ids that the workers are pinned to, round robin; empty: the affinity of the
  ///   thread that first calls `run`.
  public init(threads: Int, processors: [Int32] = []) {
    self.threads = max(1, threads)
    workers = WorkerGroup(threads: self.threads, processors: processors)
  }

  /// Joins the workers. In a forked child they do not exist, and its owner must leak the pool instead.
  deinit { workers.stopAndJoin() }

  /// Calls `work(index, slot)` once for every index in 0..<count, in any order, on up to `threads` threads, and
  /// returns when all calls have ended. `slot` (0..<threads) is the running thread's number within this loop, to pick
  /// its scratch memory by.
  public func run(count: Int, _ work: (_ index: Int, _ slot: Int) -> Void) {
    if threads > 1, count > 1, workers.run(count: count, work) { return }
    for index in 0..<max(count, 0) { work(index, 0) }
  }
}
