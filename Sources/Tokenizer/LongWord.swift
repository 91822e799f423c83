/// Byte-pair merging of a long word in O(n log n): the symbols are a doubly linked list over their
/// first positions, and a heap holds candidates (rank, position). A candidate is stale when the pair
/// at its position has changed since; it is then dropped.
struct LongWord: ~Copyable {
  /// The symbol that starts at each position; -1 where a symbol was absorbed by its left neighbour.
  private var symbols: MemoryBuffer<Int32>
  private var next: MemoryBuffer<Int32>
  private var previous: MemoryBuffer<Int32>
  private var heap: CandidateHeap
  private let count: Int32

  /// `word` is at most Int32.max symbols: texts are limited far below.
  init(_ word: UnsafeBufferPointer<Int32>) throws(TokenizerError) {
    let count = Int32(clamping: word.count)
    var symbols = try MemoryBuffer<Int32>(capacity: word.count)
    var next = try MemoryBuffer<Int32>(capacity: word.count)
    var previous = try MemoryBuffer<Int32>(capacity: word.count)
    let heap = try CandidateHeap(capacity: word.count)
    try symbols.append(contentsOf: word)
    for index in 0..<count {
      try next.append(index + 1)
      try previous.append(index - 1)
    }
    self.symbols = symbols
    self.next = next
    self.previous = previous
    self.heap = heap
    self.count = count
  }

  mutating func merge(
    _ pairs: borrowing PairTable, into ids: inout MemoryBuffer<Int32>
  ) throws(TokenizerError) {
    for position in 0..<max(count - 1, 0) { try offer(position, pairs) }
    while let (rank, left) = heap.popSmallest() {
      let right = next[Int(left)]
      guard symbols[Int(left)] >= 0, right < count,
        pairs.rank(symbols[Int(left)], symbols[Int(right)]) == rank
      else { continue }
      symbols[Int(left)] = Int32(MergeList.byteSymbols) + rank
      symbols[Int(right)] = -1
      let after = next[Int(right)]
      next[Int(left)] = after
      if after < count { previous[Int(after)] = left }
      try offer(left, pairs)
      if previous[Int(left)] >= 0 { try offer(previous[Int(left)], pairs) }
    }
    var position: Int32 = 0
    while position < count {
      try ids.append(symbols[Int(position)])
      position = next[Int(position)]
    }
  }

  private mutating func offer(
    _ left: Int32, _ pairs: borrowing PairTable
  ) throws(TokenizerError) {
    let right = next[Int(left)]
    guard right < count else { return }
    let rank = pairs.rank(symbols[Int(left)], symbols[Int(right)])
    if rank != PairTable.none { try heap.push(rank: rank, position: left) }
  }
}

/// A binary min-heap of (rank, position), packed so that one comparison orders both.
struct CandidateHeap: ~Copyable {
  private var items: MemoryBuffer<UInt64>

  init(capacity: Int) throws(TokenizerError) { items = try MemoryBuffer(capacity: capacity) }

  mutating func push(rank: Int32, position: Int32) throws(TokenizerError) {
    let item = UInt64(UInt32(bitPattern: rank)) << 32 | UInt64(UInt32(bitPattern: position))
    try items.append(item)
    var index = items.count - 1
    while index > 0, item < items[(index - 1) / 2] {
      items[index] = items[(index - 1) / 2]
      index = (index - 1) / 2
    }
    items[index] = item
  }

  mutating func popSmallest() -> (rank: Int32, position: Int32)? {
    guard items.count > 0 else { return nil }
    let smallest = items[0]
    let moved = items[items.count - 1]
    items.removeLast(to: items.count - 1)
    var index = 0
    while index * 2 + 1 < items.count {
      var child = index * 2 + 1
      if child + 1 < items.count, items[child + 1] < items[child] { child += 1 }
      guard items[child] < moved else { break }
      items[index] = items[child]
      index = child
    }
    if items.count > 0 { items[index] = moved }
    return (Int32(truncatingIfNeeded: smallest >> 32), Int32(truncatingIfNeeded: smallest & 0xFFFF_FFFF))
  }
}
