import System
import Text

/// An encoder of words by greedy byte-pair merging: it merges the pair of lowest rank everywhere, from left to right,
/// until no pair can be merged. The product of a merge takes part only in merges of higher rank (`MergeBuilder`
/// checks that), so each rank is visited once.
struct BytePairEncoder: ~Copyable {
  /// The longest word, in bytes, for which scanning for the best pair is faster than a queue.
  private static let scanLimit = 48

  /// The symbols of the current word, merged in place.
  private var symbols = GrowingArray<Int32>()
  private var ranks = GrowingArray<Int32>()
  private var queue = RankQueue()

  /// Appends a scalar to the current word: one symbol for each byte of its UTF-8.
  mutating func append(scalar: UInt32) throws(Failure) {
    try UTF8Scalars.forEachByte(of: scalar) { (byte) throws(Failure) in
      try symbols.append(ByteAlphabet.symbols[Int(byte)])
    }
  }

  /// Ends the current word: marks its last byte as the end of a word, merges, and appends the token ids to `ids`.
  mutating func finishWord(
    _ merges: borrowing MergeList, into ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    guard symbols.count > 0 else { return }
    symbols[symbols.count - 1] += 256
    if symbols.count <= Self.scanLimit {
      try mergeByScanning(merges.pairs)
      try ids.append(contentsOf: symbols.view)
    } else {
      var word = try LongWord(symbols.view)
      try queue.prepare(ranks: merges.count)
      try word.merge(merges.pairs, &queue, into: &ids)
    }
    symbols.removeAll()
  }

  /// Merges the symbols in place, scanning all pairs for the best one before each merge.
  private mutating func mergeByScanning(_ pairs: borrowing PairTable) throws(Failure) {
    var count = symbols.count
    ranks.removeAll()
    try ranks.append(repeating: PairTable.none, count: count)
    let symbol = symbols.base
    let rank = ranks.base
    // rank[i] is the rank of symbols i and i + 1; the last one stays `none`.
    for index in 0..<count - 1 { rank[index] = pairs.rank(symbol[index], symbol[index + 1]) }
    while count > 1 {
      var best = 0
      for index in 1..<count where rank[index] < rank[best] { best = index }
      guard rank[best] != PairTable.none else { break }
      symbol[best] = Int32(MergeList.byteSymbols) + rank[best]
      for index in best + 1..<count - 1 {
        symbol[index] = symbol[index + 1]
        rank[index] = rank[index + 1]
      }
      count -= 1
      rank[best] = best + 1 < count ? pairs.rank(symbol[best], symbol[best + 1]) : PairTable.none
      if best > 0 { rank[best - 1] = pairs.rank(symbol[best - 1], symbol[best]) }
    }
    symbols.removeLast(to: count)
  }
}
