/// One canonical Huffman code of a deflate stream (RFC 1951, section 3.2.2).
struct HuffmanCode {
  /// The most bits of a code.
  static let maximumLength = 15
  /// Bits of input that `lookup` is indexed by.
  static let lookupBits = 9

  /// For each value of the next `lookupBits` bits of input: code length << 12 | symbol; 0 if the code is longer.
  private(set) var lookup: [UInt16]
  /// The number of codes of each length, indexed by the length in bits.
  private(set) var counts: [Int]
  /// The symbols in the order of their codes.
  private(set) var symbols: [UInt16]

  /// Builds the code from the length of each symbol's code in bits, 0 for an unused symbol. nil if the lengths need
  /// more codes than exist, or leave codes unused; a single code of one bit is allowed, as encoders write it where
  /// there is one distance only.
  init?(lengths: ArraySlice<UInt8>) {
    counts = [Int](repeating: 0, count: Self.maximumLength + 1)
    for length in lengths { counts[Int(length)] += 1 }
    let used = lengths.count - counts[0]
    counts[0] = 0
    var unassigned = 1
    for length in 1...Self.maximumLength {
      unassigned = unassigned * 2 - counts[length]
      if unassigned < 0 { return nil }
    }
    if unassigned > 0 && used > 0 && !(used == 1 && counts[1] == 1) { return nil }

    var offsets = [Int](repeating: 0, count: Self.maximumLength + 2)
    var codes = [Int](repeating: 0, count: Self.maximumLength + 2)
    for length in 1...Self.maximumLength {
      offsets[length + 1] = offsets[length] + counts[length]
      codes[length + 1] = (codes[length] + counts[length]) << 1
    }
    symbols = [UInt16](repeating: 0, count: used)
    lookup = [UInt16](repeating: 0, count: 1 << Self.lookupBits)
    for (symbol, byte) in lengths.enumerated() where byte != 0 {
      let length = Int(byte)
      symbols[offsets[length]] = UInt16(symbol)
      offsets[length] += 1
      let code = codes[length]
      codes[length] += 1
      guard length <= Self.lookupBits else { continue }
      // Codes are stored most significant bit first in a stream that is read from the least significant bit.
      var reversed = 0
      for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
      let entry = UInt16(length << 12 | symbol)
      for index in stride(from: reversed, to: 1 << Self.lookupBits, by: 1 << length) { lookup[index] = entry }
    }
  }

  /// The code of literals and match lengths in blocks with fixed codes.
  static let fixedLiterals: HuffmanCode? = {
    var lengths = [UInt8](repeating: 8, count: 288)
    for symbol in 144..<256 { lengths[symbol] = 9 }
    for symbol in 256..<280 { lengths[symbol] = 7 }
    return HuffmanCode(lengths: lengths[...])
  }()
  /// The code of match distances in blocks with fixed codes. It has 32 symbols, but 30 and 31 are invalid in a
  /// stream.
  static let fixedDistances = HuffmanCode(lengths: [UInt8](repeating: 5, count: 32)[...])
}
