import System

extension ThreadPool? {
  /// Calls `work(part, slot)` for parts of 0..<count of `share` each, as a pool's `run` does; on the calling thread where
  /// there is no pool.
  func share(_ count: Int, _ share: Int, _ work: (_ part: Range<Int>, _ slot: Int) -> Void) {
    func one(_ index: Int, _ slot: Int) {
      work(index * share..<Swift.min((index + 1) * share, count), slot)
    }
    let parts = (count + share - 1) / share
    guard let pool = self else {
      for index in 0..<parts { one(index, 0) }
      return
    }
    pool.run(count: parts, one)
  }
}
