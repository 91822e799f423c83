import System

/// A hash table from pairs of neighbouring symbols to the ranks of their merges. It uses open addressing and hashes
/// with a random odd multiplier, so that no crafted list can make it slow; the multiplier never affects a result.
struct PairTable: ~Copyable, @unchecked Sendable {
  // Unchecked: one thread fills the table before any number of threads read it.
  private var keys: GrowingArray<UInt64>
  private var ranks: GrowingArray<Int32>
  private let multiplier: UInt64
  private let shift: UInt64

  /// The rank of a pair that has no merge.
  static let none = Int32.max
  /// The key of a free slot.
  private static let free = UInt64.max

  /// Makes a table for at most `capacity` pairs.
  init(capacity: Int) throws(Failure) {
    var bits = UInt64(10)
    while 1 << bits < capacity * 2 { bits += 1 }
    let keys = try GrowingArray<UInt64>(repeating: Self.free, count: 1 << bits)
    let ranks = try GrowingArray<Int32>(repeating: Self.none, count: 1 << bits)
    self.keys = keys
    self.ranks = ranks
    multiplier = UInt64.random(in: .min ... .max) | 1
    shift = 64 - bits
  }

  /// Sets the rank of a pair. At most as many different pairs as the capacity may be inserted.
  mutating func insert(_ left: Int32, _ right: Int32, rank: Int32) {
    let slot = slot(left, right)
    keys[slot] = Self.key(left, right)
    ranks[slot] = rank
  }

  /// The rank of a pair, or `none`.
  @inline(__always)
  func rank(_ left: Int32, _ right: Int32) -> Int32 { ranks.base[slot(left, right)] }

  /// Calls `body` with every pair and its rank, in no particular order.
  func forEach(_ body: (_ left: Int32, _ right: Int32, _ rank: Int32) -> Void) {
    for slot in 0..<keys.count where keys[slot] != Self.free {
      let (left, right) = (keys[slot] >> 32, keys[slot] & 0xFFFF_FFFF)
      body(Int32(truncatingIfNeeded: left), Int32(truncatingIfNeeded: right), ranks[slot])
    }
  }

  @inline(__always)
  private static func key(_ left: Int32, _ right: Int32) -> UInt64 {
    UInt64(UInt32(bitPattern: left)) << 32 | UInt64(UInt32(bitPattern: right))
  }

  /// The slot that holds the pair, or the free slot where it would go. Slots need no bounds check: the hash has as
  /// many bits as the index of a slot, and the search wraps around.
  @inline(__always)
  private func slot(_ left: Int32, _ right: Int32) -> Int {
    let key = Self.key(left, right)
    var slot = Int(truncatingIfNeeded: ((key ^ (key &>> 29)) &* multiplier) &>> shift)
    while keys.base[slot] != key, keys.base[slot] != Self.free { slot = (slot &+ 1) & (keys.count &- 1) }
    return slot
  }
}
