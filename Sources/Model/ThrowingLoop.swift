import Numerics
import Synchronization
import System

extension ThreadPool {
  /// Calls `work(index)` once for every index in 0..<count, on any of the pool's threads, and throws the first failure:
  /// after it no further index begins. The cancel token of the calling thread ends the others' work too.
  func runThrowing(count: Int, _ work: (_ index: Int) throws(Failure) -> Void) throws(Failure) {
    // On the stack, since loops are part of every call: the first thread to fail writes the failure, and no other.
    let hasFailed = Atomic<Bool>(false)
    var failure: Failure?
    run(count: count) { index, _ in
      guard !hasFailed.load(ordering: .relaxed) else { return }
      do throws(Failure) {
        try checkCancelled()
        try work(index)
      } catch {
        if hasFailed.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged {
          failure = error
        }
      }
    }
    if let failure { throw failure }
  }
}
