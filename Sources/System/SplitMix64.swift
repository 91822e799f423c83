/// Random bits that follow from a seed: SplitMix64 (Steele et al. 2014).
public struct SplitMix64: Sendable {
  private var state: UInt64

  /// A generator of its own for each number of `stream`.
  public init(seed: UInt64, stream: UInt64) {
    state = seed
    state = bits() ^ stream &* 0x9E37_79B9_7F4A_7C15
  }

  public mutating func bits() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = (state ^ state >> 30) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ z >> 27) &* 0x94D0_49BB_1331_11EB
    return z ^ z >> 31
  }

  /// A number from 0 up to, but not including, 1.
  public mutating func uniform() -> Double { Double(bits() >> 11) * 0x1p-53 }

  /// A whole number from 0 up to, but not including, `bound`, which is above 0. Its share of the 2^64 possible bits
  /// differs from the others' by one at most.
  public mutating func index(below bound: Int) -> Int {
    Int(bits().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
