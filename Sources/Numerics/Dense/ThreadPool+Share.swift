import System

extension ThreadPool? {
  /// Calls `work(index, slot)` for every index in 0..<count, as a pool does; on the calling thread where there is none.
  func share(_ count: Int, _ work: (_ index: Int, _ slot: Int) -> Void) {
    guard let pool = self else {
      for index in 0..<count { work(index, 0) }
      return
    }
    pool.run(count: count, work)
  }
}
