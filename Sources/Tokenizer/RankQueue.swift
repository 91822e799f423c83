import System

/// A priority queue of positions by rank, smallest rank first: a list of positions per rank, and a bit for each list
/// that is not empty. Ranks only grow while a word is merged (a merge's product takes part in merges of higher rank
/// only), so one pass over the bits serves a word. A queue from which all was popped is ready for the next word.
struct RankQueue: ~Copyable {
  // Not private: the compiler of Swift 6.3 fails on a private type in a noncopyable field.
  struct Node: BitwiseCopyable {
    var position: Int32
    /// The next node of the same rank, or -1.
    var next: Int32
  }

  private var nodes = GrowingArray<Node>()
  /// The first node of each rank, or -1.
  private var heads = GrowingArray<Int32>()
  /// One bit per rank, set if the rank has nodes.
  private var occupied = GrowingArray<UInt64>()
  /// The next node of the current rank to pop, or -1.
  private var cursor: Int32 = -1
  /// The index of a word of `occupied` before which all bits are clear.
  private var firstWord = 0

  /// Makes room for the ranks 0..<ranks. Done on first use, since few texts have a word that needs the queue.
  mutating func prepare(ranks: Int) throws(Failure) {
    guard heads.count < ranks else { return }
    try heads.append(repeating: -1, count: ranks - heads.count)
    let words = ranks / 64 + 1
    try occupied.append(repeating: 0, count: words - occupied.count)
  }

  /// Adds a position under a rank below the number given to `prepare`.
  mutating func add(rank: Int32, position: Int32) throws(Failure) {
    let index = Int(rank)
    let node = Int32(clamping: nodes.count)
    try nodes.append(Node(position: position, next: heads[index]))
    heads[index] = node
    occupied[index / 64] |= 1 << UInt64(index % 64)
    firstWord = min(firstWord, index / 64)
  }

  /// Removes the smallest rank and makes it current, so that `popPosition` gives its positions; nil if the queue is
  /// empty.
  mutating func popSmallestRank() -> Int32? {
    while firstWord < occupied.count, occupied[firstWord] == 0 { firstWord += 1 }
    guard firstWord < occupied.count else {
      nodes.removeAll()
      firstWord = 0
      return nil
    }
    let rank = firstWord * 64 + occupied[firstWord].trailingZeroBitCount
    occupied[firstWord] &= occupied[firstWord] - 1
    cursor = heads[rank]
    heads[rank] = -1
    return Int32(rank)
  }

  /// Removes a position of the current rank, in no particular order; nil when none is left.
  mutating func popPosition() -> Int32? {
    guard cursor >= 0 else { return nil }
    let node = nodes[Int(cursor)]
    cursor = node.next
    return node.position
  }
}
