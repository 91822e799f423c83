import System

/// A single-byte encoding that a text may have been decoded with by mistake. As in browsers and ftfy, bytes that a
/// Windows encoding leaves undefined stand for the control characters of the same number, and byte 0x1A for U+FFFD.
struct SingleByteEncoding {
  /// The scalars of bytes 0x80 to 0xFF, sorted by scalar; nil for Latin-1, whose scalars equal its bytes.
  private let upper: [(value: UInt32, byte: UInt8)]?
  /// Whether this is a Windows encoding, in which undefined bytes stand for control characters.
  let isSloppy: Bool
  let isMacRoman: Bool

  /// The encodings in the order in which ftfy tries them.
  static let all = [SingleByteEncoding(upper: nil, isSloppy: false, isMacRoman: false)] + tables()

  private static func tables() -> [SingleByteEncoding] {
    var rest = Mojibake.words(of: Mojibake.encodings)[...]
    var tables: [SingleByteEncoding] = []
    while let name = rest.popFirst() {
      let values = rest.prefix(128).map { UInt32($0, radix: 16) ?? 0 }
      rest = rest.dropFirst(128)
      let upper = values.enumerated().map { (value: $1, byte: UInt8(truncatingIfNeeded: 0x80 + $0)) }
      tables.append(
        SingleByteEncoding(
          upper: upper.sorted { $0.value < $1.value }, isSloppy: name.hasPrefix("sloppy"),
          isMacRoman: name == "macroman"))
    }
    return tables
  }

  /// Appends a text in this encoding; returns false, with a part of the bytes appended, if the encoding lacks a
  /// character.
  func append(
    _ text: UnsafeBufferPointer<UInt32>, to bytes: inout GrowingArray<UInt8>
  ) throws(Failure) -> Bool {
    for value in text {
      guard let byte = byte(of: value) else { return false }
      try bytes.append(byte)
    }
    return true
  }

  /// The byte of a character; nil if the encoding lacks it.
  private func byte(of value: UInt32) -> UInt8? {
    guard let upper else { return UInt8(exactly: value) }
    if isSloppy {
      if value == 0x1A { return nil }
      if value == 0xFFFD { return 0x1A }
    }
    if value < 0x80 { return UInt8(truncatingIfNeeded: value) }
    var (low, high) = (0, upper.count)
    while low < high {
      let middle = (low + high) / 2
      if upper[middle].value < value { low = middle + 1 } else { high = middle }
    }
    return low < upper.count && upper[low].value == value ? upper[low].byte : nil
  }
}
