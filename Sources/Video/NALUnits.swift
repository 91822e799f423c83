/// Splits a packet into its units: NAL units of H.264 and HEVC, sections of MPEG-4.
enum NALUnits {
  /// Calls `body` with each unit, without its start code or length, until it returns false.
  /// - Parameter lengthSize: the number of bytes of the length in front of each unit; 0 if units have start codes.
  /// - Returns: whether the packet consists of whole units that `body` accepted.
  static func all(
    of packet: UnsafeRawBufferPointer, lengthSize: Int, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    lengthSize == 0 ? startCodes(packet, body) : lengths(packet, lengthSize, body)
  }

  private static func lengths(
    _ packet: UnsafeRawBufferPointer, _ lengthSize: Int, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var position = 0
    while position < packet.count {
      guard packet.count - position > lengthSize else { return false }
      var length = 0
      for _ in 0..<lengthSize {
        length = length << 8 | Int(packet[position])  // at most 4 bytes
        position += 1
      }
      guard length > 0, length <= packet.count - position else { return false }
      guard body(UnsafeRawBufferPointer(rebasing: packet[position..<position + length])) else { return false }
      position += length
    }
    return true
  }

  private static func startCodes(
    _ packet: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    guard var start = next(packet, from: 0) else { return false }
    while start < packet.count {
      let following = next(packet, from: start)
      var end = following.map { $0 - 3 } ?? packet.count
      while end > start, packet[end - 1] == 0 { end -= 1 }
      guard end > start, body(UnsafeRawBufferPointer(rebasing: packet[start..<end])) else { return false }
      guard let following else { return true }
      start = following
    }
    return false
  }

  /// The position after the next start code, 00 00 01; nil if there is none.
  private static func next(_ bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
    var position = start + 2
    while position < bytes.count {
      let byte = bytes[position]
      if byte > 1 {
        position += 3
      } else if byte == 1 {
        if bytes[position - 1] == 0, bytes[position - 2] == 0 { return position + 1 }
        position += 3
      } else {
        position += 1
      }
    }
    return nil
  }
}

/// Reads bits, the highest of each byte first. Beyond the end every result is nil.
struct BitReader {
  private let bytes: UnsafeRawBufferPointer
  private let isEscaped: Bool
  private var position: Int

  /// Makes a reader from byte `byte` on.
  /// - Parameter isEscaped: whether to skip the byte 3 after two zero bytes, which H.264 and HEVC insert to avoid start
  ///   codes.
  init(_ bytes: UnsafeRawBufferPointer, from byte: Int = 0, isEscaped: Bool = false) {
    self.bytes = bytes
    self.isEscaped = isEscaped
    position = byte * 8
  }

  /// Reads `count` bits, at most 32.
  mutating func bits(_ count: Int) -> Int? {
    var value = 0
    for _ in 0..<count {
      var byte = position / 8
      if isEscaped, position % 8 == 0, byte >= 2, byte < bytes.count, bytes[byte] == 3, bytes[byte - 1] == 0,
        bytes[byte - 2] == 0
      {
        position += 8
        byte += 1
      }
      guard byte < bytes.count else { return nil }
      value = value << 1 | Int(bytes[byte] >> UInt8(7 - position % 8) & 1)
      position += 1
    }
    return value
  }

  /// Reads an unsigned Exp-Golomb code, ue(v) of H.264 and HEVC.
  mutating func exponential() -> Int? {
    var zeros = 0
    while true {
      guard let bit = bits(1) else { return nil }
      if bit == 1 { break }
      zeros += 1
      if zeros > 31 { return nil }
    }
    return bits(zeros).map { (1 << zeros) - 1 + $0 }
  }

  /// Reads a signed Exp-Golomb code, se(v) of H.264 and HEVC.
  mutating func signedExponential() -> Int? {
    exponential().map { $0 & 1 == 1 ? ($0 + 1) / 2 : -($0 / 2) }
  }
}
