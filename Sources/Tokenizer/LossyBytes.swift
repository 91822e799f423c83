import System

/// Repairs of UTF-8 in which some bytes were replaced by others.
enum LossyBytes {
  private typealias Bytes = UnsafeBufferPointer<UInt8>
  private static let space: UInt8 = 0x20
  private static let substitute: UInt8 = 0x1A

  // MARK: - No-break spaces that became spaces

  /// Appends the bytes with each space that must have been byte 0xA0, since the sequence around it is UTF-8 with that
  /// byte, restored: ftfy's `restore_byte_a0`. Returns false, with nothing appended, if there is no such space.
  static func appendRestoring(
    _ bytes: UnsafeBufferPointer<UInt8>, to out: inout GrowingArray<UInt8>
  ) throws(Failure) -> Bool {
    guard bytes.indices.contains(where: { lengthWithSpace(bytes, $0) > 0 }) else { return false }
    try checkCancelled()
    var separated = try GrowingArray<UInt8>(capacity: bytes.count)
    var position = 0
    while position < bytes.count {
      try separated.append(bytes[position])
      if bytes[position] == 0xC3, isWordAGrave(bytes, position) { try separated.append(0xA0) }
      position += 1
    }
    let text = separated.view
    position = 0
    while position < text.count {
      let length = max(1, lengthWithSpace(text, position))
      for byte in text[position..<position + length] {
        try out.append(length > 1 && byte == space ? 0xA0 : byte)
      }
      position += length
    }
    return true
  }

  /// Whether the bytes at `start` are "à" as a word of its own, so that the space after it is kept. They are not if
  /// another space follows, or the rest of a Portuguese word that begins with "à" ("àquele").
  private static func isWordAGrave(_ bytes: Bytes, _ start: Int) -> Bool {
    guard bytes.count > start + 1, bytes[start + 1] == space else { return false }
    let rest = bytes[(start + 2)...]
    return !continuationsOfAGrave.contains { rest.starts(with: $0) }
  }
  private static let continuationsOfAGrave: [[UInt8]] = [" ", "quele", "quela", "quilo", "s "].map {
    Array($0.utf8)
  }

  /// The length of the UTF-8 sequence at `start` that has a space in place of byte 0xA0; 0 if there is none.
  private static func lengthWithSpace(_ bytes: Bytes, _ start: Int) -> Int {
    func at(_ offset: Int) -> UInt8 { start + offset < bytes.count ? bytes[start + offset] : 0 }
    switch at(0) {
    case 0xC2, 0xC3, 0xC5, 0xCE, 0xD0, 0xD9: return at(1) == space ? 2 : 0
    case 0xE0...0xE3:
      if isUnambiguous(at(1)), at(2) == space { return 3 }
      return at(0) >= 0xE2 && at(1) == space && isUnambiguous(at(2)) ? 3 : 0
    case 0xF0:
      let rest = [at(1), at(2), at(3)]
      let spaces = rest.count { $0 == space }
      return spaces == 1 && rest.allSatisfy({ $0 == space || isContinuation($0) }) ? 4 : 0
    default: return 0
    }
  }

  private static func isContinuation(_ byte: UInt8) -> Bool { byte & 0xC0 == 0x80 }
  /// Whether a byte is a continuation byte other than 0x85 and 0xA0, which may also be an ellipsis or a space.
  private static func isUnambiguous(_ byte: UInt8) -> Bool {
    isContinuation(byte) && byte != 0x85 && byte != 0xA0
  }

  // MARK: - Bytes that became U+FFFD

  /// Appends the bytes with each damaged UTF-8 sequence replaced by U+FFFD: ftfy's `replace_lossy_sequences`.
  static func appendReplacing(
    _ bytes: UnsafeBufferPointer<UInt8>, to out: inout GrowingArray<UInt8>
  ) throws(Failure) {
    var position = 0
    while position < bytes.count {
      let length = damagedLength(bytes, position)
      if length > 0 {
        for byte in [0xEF, 0xBF, 0xBD] as [UInt8] { try out.append(byte) }
      } else {
        try out.append(bytes[position])
      }
      position += max(1, length)
    }
  }

  /// The length of the UTF-8 or CESU-8 sequence at `start` in which continuation bytes were replaced by 0x1A, or one
  /// of them by "?"; 0 if there is none.
  private static func damagedLength(_ bytes: Bytes, _ start: Int) -> Int {
    func at(_ offset: Int) -> UInt8 { start + offset < bytes.count ? bytes[start + offset] : 0 }
    func isLost(_ byte: UInt8) -> Bool { byte == substitute || byte == UInt8(ascii: "?") }
    func mayContinue(_ byte: UInt8) -> Bool { byte == substitute || isContinuation(byte) }
    /// Whether one of the next `count` bytes is lost, and the others are continuation bytes or 0x1A.
    func losesOne(_ count: Int) -> Bool {
      (1...count).contains { lost in
        (1...count).allSatisfy { $0 == lost ? isLost(at($0)) : mayContinue(at($0)) }
      }
    }
    switch at(0) {
    case substitute: return 1
    case 0xC2...0xDF: return at(1) == substitute || at(0) <= 0xC3 && isLost(at(1)) ? 2 : 0
    case 0xE0...0xEF:
      let (third, sixth) = (at(2), at(5))
      let isSurrogatePair =
        at(0) == 0xED && (0xA0...0xAF).contains(at(1)) && at(3) == 0xED && (0xB0...0xBF).contains(at(4))
      let isLostOrContinues = { (byte: UInt8) in isLost(byte) || isContinuation(byte) }
      if isSurrogatePair,
        isLost(third) && isLostOrContinues(sixth) || isLostOrContinues(third) && isLost(sixth)
      {
        return 6
      }
      return losesOne(2) ? 3 : 0
    case 0xF0...0xF4: return losesOne(3) ? 4 : 0
    default: return 0
    }
  }
}
