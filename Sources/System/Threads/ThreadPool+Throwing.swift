import Synchronization

extension ThreadPool {
  /// Calls `work(index, slot)` for every index in 0..<count, as `run` does, and throws the first failure:
  /// after it no further index begins. The cancel token of the calling thread ends the others' work too.
  public func runThrowing(count: Int, _ work: (_ index: Int, _ slot: Int) throws(Failure) -> Void)
    throws(Failure)
  {
    // On the stack, since loops are part of every call: the first thread to fail writes the failure, and no other.
    let hasFailed = Atomic<Bool>(false)
    var failure: Failure?
    run(count: count) { index, slot in
      guard !hasFailed.load(ordering: .relaxed) else { return }
      do throws(Failure) {
        try checkCancelled()
        try work(index, slot)
      } catch {
        if hasFailed.compareExchange(expected: false, desired: true, ordering: .relaxed).exchanged {
          failure = error
        }
      }
    }
    if let failure { throw failure }
  }
}
