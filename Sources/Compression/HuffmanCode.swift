/// One canonical Huffman code of a deflate stream (RFC 1951, section 3.2.2).
struct HuffmanCode {
  static let maximumLength = 15
  static let fastBits = 9

  /// Indexed by the next `fastBits` bits: length << 12 | symbol; 0 where the code is longer.
  private(set) var fast: [UInt16]
  /// How many codes have each length.
  private(set) var counts: [Int]
  /// Symbols in the order of their codes.
  private(set) var symbols: [UInt16]

  /// nil when the lengths claim more codes than exist, or fewer (one lone code of one bit may stand
  /// alone, as encoders write it for a single distance).
  init?(lengths: ArraySlice<UInt8>) {
    counts = [Int](repeating: 0, count: Self.maximumLength + 1)
    for length in lengths { counts[Int(length)] += 1 }
    let used = lengths.count - counts[0]
    counts[0] = 0
    var left = 1
    for length in 1...Self.maximumLength {
      left = left * 2 - counts[length]
      if left < 0 { return nil }
    }
    if left > 0 && used > 0 && !(used == 1 && counts[1] == 1) { return nil }

    var offsets = [Int](repeating: 0, count: Self.maximumLength + 2)
    var codes = [Int](repeating: 0, count: Self.maximumLength + 2)
    for length in 1...Self.maximumLength {
      offsets[length + 1] = offsets[length] + counts[length]
      codes[length + 1] = (codes[length] + counts[length]) << 1
    }
    symbols = [UInt16](repeating: 0, count: used)
    fast = [UInt16](repeating: 0, count: 1 << Self.fastBits)
    for (symbol, byte) in lengths.enumerated() where byte != 0 {
      let length = Int(byte)
      symbols[offsets[length]] = UInt16(symbol)
      offsets[length] += 1
      let code = codes[length]
      codes[length] += 1
      guard length <= Self.fastBits else { continue }
      // Codes arrive most significant bit first in a stream read from the least significant bit.
      var reversed = 0
      for bit in 0..<length where code >> bit & 1 == 1 { reversed |= 1 << (length - 1 - bit) }
      let entry = UInt16(length << 12 | symbol)
      for index in stride(from: reversed, to: 1 << Self.fastBits, by: 1 << length) { fast[index] = entry }
    }
  }

  /// Literals and lengths, then distances, of a block with fixed codes.
  static let fixedLiterals: HuffmanCode? = {
    var lengths = [UInt8](repeating: 8, count: 288)
    for symbol in 144..<256 { lengths[symbol] = 9 }
    for symbol in 256..<280 { lengths[symbol] = 7 }
    return HuffmanCode(lengths: lengths[...])
  }()
  /// All 32 codes exist; 30 and 31 never occur in a sound stream.
  static let fixedDistances = HuffmanCode(lengths: [UInt8](repeating: 5, count: 32)[...])
}
