import System

/// A single-byte encoding that text may have been decoded with by mistake. As browsers and ftfy do, bytes that the
/// Windows encodings leave open stand for the control characters of the same number, and byte 0x1A for U+FFFD.
struct SingleByteEncoding {
  /// Latin-1 is all of U+0000 to U+00FF; others are tables.
  private let upper: [(value: UInt32, byte: UInt8)]?
  /// Whether it is one of the Windows encodings, with their open bytes.
  let isSloppy: Bool
  let isMacRoman: Bool

  /// In the order in which ftfy tries them.
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

  /// Appends the bytes that a text was decoded from, if it was in this encoding; false, with some of them appended,
  /// if it was not.
  func append(
    _ text: UnsafeBufferPointer<UInt32>, to bytes: inout GrowingArray<UInt8>
  ) throws(Failure) -> Bool {
    for value in text {
      guard let byte = byte(of: value) else { return false }
      try bytes.append(byte)
    }
    return true
  }

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
