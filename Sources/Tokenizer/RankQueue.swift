import System

/// Positions by rank, smallest rank first: one list per rank and a bit for each list that is not
/// empty. Ranks only grow while a word is merged (a merge's product has no merges of lower rank), so
/// one pass over the bits serves a word. Empty, and ready for the next word, when all was popped.
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
  /// A bit for each rank that has nodes.
  private var occupied = GrowingArray<UInt64>()
  /// The next node to pop of the current rank, or -1.
  private var cursor: Int32 = -1
  /// All bits in words before this one are clear.
  private var firstWord = 0

  /// Makes room for ranks below `ranks`, once: few texts have a word that needs it.
  mutating func prepare(ranks: Int) throws(Failure) {
    guard heads.count < ranks else { return }
    try heads.append(repeating: -1, count: ranks - heads.count)
    let words = ranks / 64 + 1
    try occupied.append(repeating: 0, count: words - occupied.count)
  }

  mutating func add(rank: Int32, position: Int32) throws(Failure) {
    let index = Int(rank)
    let node = Int32(clamping: nodes.count)
    try nodes.append(Node(position: position, next: heads[index]))
    heads[index] = node
    occupied[index / 64] |= 1 << UInt64(index % 64)
    firstWord = min(firstWord, index / 64)
  }

  /// Makes the smallest rank current; its positions follow from `popPosition`.
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

  /// The positions queued under the current rank, in no particular order.
  mutating func popPosition() -> Int32? {
    guard cursor >= 0 else { return nil }
    let node = nodes[Int(cursor)]
    cursor = node.next
    return node.position
  }
}
