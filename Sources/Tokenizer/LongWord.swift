import System

/// Byte-pair merging of a long word in time proportional to its length. The symbols are a doubly
/// linked list over their first positions; `RankQueue` hands out the positions of each rank in turn.
/// A position is stale when its pair has changed since it was queued; it is then skipped.
struct LongWord: ~Copyable {
  /// The symbol that starts at each position; -1 where a symbol was absorbed by its left neighbour.
  private var symbols: GrowingArray<Int32>
  private var next: GrowingArray<Int32>
  private var previous: GrowingArray<Int32>
  private let count: Int32

  /// `word` is at most Int32.max symbols: texts are limited far below.
  init(_ word: UnsafeBufferPointer<Int32>) throws(Failure) {
    try checkCancelled()
    let count = Int32(clamping: word.count)
    var symbols = try GrowingArray<Int32>(capacity: word.count)
    var next = try GrowingArray<Int32>(capacity: word.count)
    var previous = try GrowingArray<Int32>(capacity: word.count)
    try symbols.append(contentsOf: word)
    for index in 0..<count {
      try next.append(index + 1)
      try previous.append(index - 1)
    }
    self.symbols = symbols
    self.next = next
    self.previous = previous
    self.count = count
  }

  mutating func merge(
    _ pairs: borrowing PairTable, _ queue: inout RankQueue, into ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    for position in 0..<max(count - 1, 0) { try offer(position, pairs, &queue) }
    while let rank = queue.popSmallestRank() {
      try checkCancelled()
      while let position = queue.popPosition() { try merge(rank, at: position, pairs, &queue) }
    }
    var position: Int32 = 0
    while position < count {
      try ids.append(symbols[Int(position)])
      position = next[Int(position)]
    }
  }

  private mutating func merge(
    _ rank: Int32, at position: Int32, _ pairs: borrowing PairTable, _ queue: inout RankQueue
  ) throws(Failure) {
    let first = symbols[Int(position)]
    let neighbour = next[Int(position)]
    guard first >= 0, neighbour < count, pairs.rank(first, symbols[Int(neighbour)]) == rank else { return }
    let second = symbols[Int(neighbour)]
    var left = position
    // Occurrences overlap only in a run of one symbol, which merges two by two from its left end.
    if first == second {
      while previous[Int(left)] >= 0, symbols[Int(previous[Int(left)])] == first {
        left = previous[Int(left)]
      }
    }
    while left < count, symbols[Int(left)] == first {
      let right = next[Int(left)]
      guard right < count, symbols[Int(right)] == second else { break }
      symbols[Int(left)] = Int32(MergeList.byteSymbols) + rank
      symbols[Int(right)] = -1
      let after = next[Int(right)]
      next[Int(left)] = after
      if after < count { previous[Int(after)] = left }
      try offer(left, pairs, &queue)
      if previous[Int(left)] >= 0 { try offer(previous[Int(left)], pairs, &queue) }
      left = after
    }
  }

  /// Queues the pair that starts at `left`, if a merge joins it.
  private func offer(
    _ left: Int32, _ pairs: borrowing PairTable, _ queue: inout RankQueue
  ) throws(Failure) {
    let right = next[Int(left)]
    guard right < count else { return }
    let rank = pairs.rank(symbols[Int(left)], symbols[Int(right)])
    if rank != PairTable.none { try queue.add(rank: rank, position: left) }
  }
}
