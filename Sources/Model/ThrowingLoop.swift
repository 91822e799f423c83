import Numerics
import System

extension ThreadPool {
  /// Calls `work(index)` once for every index in 0..<count, on any of the pool's threads, and throws the first failure:
  /// after it no further index begins. The cancel token of the calling thread ends the others' work too.
  func runThrowing(count: Int, _ work: (_ index: Int) throws(Failure) -> Void) throws(Failure) {
    let failure = Monitor<Failure?>(nil)
    run(count: count) { index, _ in
      guard failure.withLock({ $0 == nil }) else { return }
      do throws(Failure) {
        try checkCancelled()
        try work(index)
      } catch { failure.withLock { $0 = $0 ?? error } }
    }
    if let error = failure.withLock({ $0 }) { throw error }
  }
}
