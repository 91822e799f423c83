import System

/// Byte-pair merging of a long word in time proportional to its length. The symbols form a doubly linked list,
/// indexed by the position of each symbol's first byte. `RankQueue` gives the positions of pairs, rank by rank; a
/// position whose pair has changed since it was queued is skipped.
struct LongWord: ~Copyable {
  /// The symbol that begins at each position; -1 where none begins any more, since it was merged with its left
  /// neighbour.
  private var symbols: GrowingArray<Int32>
  private var next: GrowingArray<Int32>
  private var previous: GrowingArray<Int32>
  private let count: Int32

  /// Copies the symbols of a word. It has at most Int32.max symbols, since texts are limited to far fewer bytes.
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

  /// Merges the word and appends its token ids to `ids`.
  mutating func merge(
    _ pairs: borrowing PairTable, _ queue: inout RankQueue, into ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    for position in 0..<max(count - 1, 0) { try enqueuePair(at: position, pairs, &queue) }
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

  /// Merges the pair at `position`, if it still has this rank, and a run of the same pair that it is part of.
  private mutating func merge(
    _ rank: Int32, at position: Int32, _ pairs: borrowing PairTable, _ queue: inout RankQueue
  ) throws(Failure) {
    let first = symbols[Int(position)]
    let neighbour = next[Int(position)]
    guard first >= 0, neighbour < count, pairs.rank(first, symbols[Int(neighbour)]) == rank else { return }
    let second = symbols[Int(neighbour)]
    var left = position
    // Pairs overlap only in a run of one repeated symbol, which is merged two by two from its left end.
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
      try enqueuePair(at: left, pairs, &queue)
      if previous[Int(left)] >= 0 { try enqueuePair(at: previous[Int(left)], pairs, &queue) }
      left = after
    }
  }

  /// Queues the pair that begins at `left`, if there is a merge for it.
  private func enqueuePair(
    at left: Int32, _ pairs: borrowing PairTable, _ queue: inout RankQueue
  ) throws(Failure) {
    let right = next[Int(left)]
    guard right < count else { return }
    let rank = pairs.rank(symbols[Int(left)], symbols[Int(right)])
    if rank != PairTable.none { try queue.add(rank: rank, position: left) }
  }
}
