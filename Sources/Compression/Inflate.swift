import System

/// A decompressor of one deflate stream (RFC 1951). zlib is not used because the format is small and fixed, and
/// linking to zlib would load one more library into the host's process.
struct Inflate {
  private let input: UnsafeBufferPointer<UInt8>
  /// The offset of the next byte that is not yet in `bits`.
  private var position: Int
  /// Bits that are read but not used yet; the next one is the lowest.
  private var bits: UInt64 = 0
  /// The number of bits in `bits`.
  private var bitCount = 0

  /// Reads the stream that begins at byte `position` of `input`, which must outlive this value.
  init(_ input: UnsafeBufferPointer<UInt8>, at position: Int) {
    self.input = input
    self.position = position
  }

  /// Appends the decompressed bytes to `output`, which may grow to `limit` bytes, and returns the offset after the
  /// stream's last byte.
  mutating func run(into output: inout GrowingArray<UInt8>, limit: Int) throws(Failure) -> Int {
    var isLast = false
    while !isLast {
      isLast = try take(1) == 1
      switch try take(2) {
      case 0: try storedBlock(into: &output, limit: limit)
      case 1:
        guard let literals = HuffmanCode.fixedLiterals, let distances = HuffmanCode.fixedDistances
        else { throw damaged("no fixed codes") }
        try compressedBlock(literals, distances, into: &output, limit: limit)
      case 2:
        let (literals, distances) = try dynamicCodes()
        try compressedBlock(literals, distances, into: &output, limit: limit)
      default: throw damaged("a block of unknown type")
      }
    }
    return position - bitCount / 8
  }

  private func damaged(_ reason: String) -> Failure {
    Failure(.invalidCompression, "the compressed data is damaged near byte \(position): \(reason)")
  }

  private func truncated() -> Failure {
    Failure(.invalidCompression, "the compressed data is cut short at byte \(input.count)")
  }

  @inline(__always)
  private mutating func refill() {
    while bitCount <= 56 && position < input.count {
      bits |= UInt64(input[position]) << UInt64(bitCount)
      position += 1
      bitCount += 8
    }
  }

  /// Reads the next `count` bits, at most 16.
  @inline(__always)
  private mutating func take(_ count: Int) throws(Failure) -> Int {
    if bitCount < count { refill() }
    guard bitCount >= count else { throw truncated() }
    let value = Int(bits & (1 << UInt64(count) - 1))
    bits >>= UInt64(count)
    bitCount -= count
    return value
  }

  /// Reads the next symbol by its code.
  @inline(__always)
  private mutating func symbol(_ code: HuffmanCode) throws(Failure) -> Int {
    if bitCount < HuffmanCode.maximumLength { refill() }
    let entry = Int(code.lookup[Int(bits & (1 << UInt64(HuffmanCode.lookupBits) - 1))])
    if entry != 0 {
      let length = entry >> 12
      guard bitCount >= length else { throw truncated() }
      bits >>= UInt64(length)
      bitCount -= length
      return entry & 0xFFF
    }
    return try longSymbol(code)
  }

  /// Reads the next symbol bit by bit, for codes that are longer than the lookup table's index.
  private mutating func longSymbol(_ code: HuffmanCode) throws(Failure) -> Int {
    var value = 0
    var first = 0
    var index = 0
    for length in 1...HuffmanCode.maximumLength {
      value |= try take(1)
      let count = code.counts[length]
      if value - first < count { return Int(code.symbols[index + value - first]) }
      index += count
      first = (first + count) << 1
      value <<= 1
    }
    throw damaged("a code without a symbol")
  }

  /// Copies a block that is stored uncompressed.
  private mutating func storedBlock(
    into output: inout GrowingArray<UInt8>, limit: Int
  ) throws(Failure) {
    _ = try take(bitCount % 8)
    let length = try take(16)
    guard try take(16) == length ^ 0xFFFF else { throw damaged("a stored block's two lengths differ") }
    position -= bitCount / 8
    bits = 0
    bitCount = 0
    guard input.count - position >= length else { throw truncated() }
    try checkRoom(output.count, length, limit)
    try output.append(contentsOf: UnsafeBufferPointer(rebasing: input[position..<position + length]))
    position += length
  }

  /// Reads the codes of a block that brings its own: literals and match lengths, then match distances.
  private mutating func dynamicCodes() throws(Failure) -> (HuffmanCode, HuffmanCode) {
    let literalCount = try take(5) + 257
    let distanceCount = try take(5) + 1
    let lengthCount = try take(4) + 4
    guard literalCount <= 286, distanceCount <= 30 else { throw damaged("too many codes") }
    var codeLengths = [UInt8](repeating: 0, count: 19)
    for symbol in Self.lengthOrder.prefix(lengthCount) { codeLengths[symbol] = UInt8(try take(3)) }
    guard let lengthCode = HuffmanCode(lengths: codeLengths[...]) else {
      throw damaged("impossible code lengths")
    }
    let total = literalCount + distanceCount
    var lengths: [UInt8] = []
    lengths.reserveCapacity(total)
    while lengths.count < total {
      let symbol = try symbol(lengthCode)
      var value: UInt8 = 0
      var repeats = 1
      switch symbol {
      case 16:
        guard let last = lengths.last else { throw damaged("a repeat without a length before it") }
        value = last
        repeats = try take(2) + 3
      case 17: repeats = try take(3) + 3
      case 18: repeats = try take(7) + 11
      default: value = UInt8(symbol)
      }
      guard lengths.count + repeats <= total else { throw damaged("too many code lengths") }
      for _ in 0..<repeats { lengths.append(value) }
    }
    guard lengths[256] != 0 else { throw damaged("a block without an end symbol") }
    guard let literals = HuffmanCode(lengths: lengths[..<literalCount]),
      let distances = HuffmanCode(lengths: lengths[literalCount...])
    else { throw damaged("impossible code lengths") }
    return (literals, distances)
  }

  /// Decompresses a block of literals and matches up to its end symbol, 256.
  private mutating func compressedBlock(
    _ literals: HuffmanCode, _ distances: HuffmanCode, into output: inout GrowingArray<UInt8>, limit: Int
  ) throws(Failure) {
    while true {
      let symbol = try symbol(literals)
      if symbol < 256 {
        try checkRoom(output.count, 1, limit)
        try output.append(UInt8(symbol))
        continue
      }
      if symbol == 256 { return }
      guard symbol - 257 < Self.lengthBase.count else { throw damaged("an unknown length") }
      let length = Self.lengthBase[symbol - 257] + (try take(Self.lengthBits[symbol - 257]))
      let distanceSymbol = try self.symbol(distances)
      guard distanceSymbol < Self.distanceBase.count else { throw damaged("an unknown distance") }
      let distanceBits = distanceSymbol < 2 ? 0 : distanceSymbol / 2 - 1
      let distance = Self.distanceBase[distanceSymbol] + (try take(distanceBits))
      guard distance <= output.count else { throw damaged("a match that begins before the data") }
      try checkRoom(output.count, length, limit)
      try output.append(length: length, fromEnd: distance)
    }
  }

  @inline(__always)
  private func checkRoom(_ count: Int, _ added: Int, _ limit: Int) throws(Failure) {
    guard added <= limit - count else {
      throw Failure(.limit, "the compressed data inflates to more than \(limit) bytes")
    }
  }

  private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
  private static let lengthBase = [
    3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
    195, 227, 258,
  ]
  private static let lengthBits = [
    0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
  ]
  private static let distanceBase = [
    1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
    3073, 4097, 6145, 8193, 12289, 16385, 24577,
  ]
}
