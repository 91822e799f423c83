import System

/// Strict conversion between UTF-8 and Unicode scalars: no overlong forms, no surrogates, nothing above U+10FFFF.
public enum UTF8Scalars {
  /// Calls `body` with each of the one to four bytes of a scalar's UTF-8.
  @inlinable @inline(__always)
  public static func forEachByte<E: Error>(of scalar: UInt32, _ body: (UInt8) throws(E) -> Void) throws(E) {
    func byte(_ value: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: value) }
    if scalar < 0x80 { return try body(byte(scalar)) }
    if scalar < 0x800 {
      try body(byte(0xC0 | scalar >> 6))
    } else {
      if scalar < 0x10000 {
        try body(byte(0xE0 | scalar >> 12))
      } else {
        try body(byte(0xF0 | scalar >> 18))
        try body(byte(0x80 | (scalar >> 12 & 0x3F)))
      }
      try body(byte(0x80 | (scalar >> 6 & 0x3F)))
    }
    try body(byte(0x80 | (scalar & 0x3F)))
  }

  /// Appends the scalars of a text; fails if it is not UTF-8.
  public static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, into scalars: inout GrowingArray<UInt32>
  ) throws(Failure) {
    if let offset = try append(bytes, to: &scalars) {
      throw Failure(.invalidUTF8, "the text is not UTF-8: invalid byte sequence at byte \(offset)")
    }
  }

  /// Appends the scalars up to the first byte that is not UTF-8 and returns that byte's offset; nil if all bytes are
  /// UTF-8.
  /// - Parameter acceptsVariants: whether Java's two bytes for U+0000, and surrogate pairs of three bytes each
  ///   (CESU-8), are accepted too.
  public static func append(
    _ bytes: UnsafeBufferPointer<UInt8>, to scalars: inout GrowingArray<UInt32>, acceptsVariants: Bool = false
  ) throws(Failure) -> Int? {
    var position = 0
    while position < bytes.count {
      let first = bytes[position]
      if first < 0x80 {
        try scalars.append(UInt32(first))
        position += 1
        continue
      }
      if acceptsVariants, let (value, length) = variant(bytes, position) {
        try scalars.append(value)
        position += length
        continue
      }
      let (length, minimum): (Int, UInt32)
      switch first {
      case 0xC2...0xDF: (length, minimum) = (2, 0x80)
      case 0xE0...0xEF: (length, minimum) = (3, 0x800)
      case 0xF0...0xF4: (length, minimum) = (4, 0x10000)
      default: return position
      }
      guard bytes.count - position >= length else { return position }
      var value = UInt32(first) & (0x7F >> UInt32(length))
      for byte in bytes[position + 1..<position + length] {
        guard byte & 0xC0 == 0x80 else { return position }
        value = value << 6 | UInt32(byte & 0x3F)
      }
      guard value >= minimum, Unicode.Scalar(value) != nil else { return position }
      try scalars.append(value)
      position += length
    }
    return nil
  }

  /// The scalar at `start` and its length in bytes, if it is spelled in one of the variants of UTF-8; else nil.
  private static func variant(
    _ bytes: UnsafeBufferPointer<UInt8>, _ start: Int
  ) -> (value: UInt32, length: Int)? {
    let rest = bytes[start...]
    if rest.starts(with: [0xC0, 0x80]) { return (0, 2) }
    // Like ftfy, this also accepts a line feed at the end of the text as the second byte.
    if rest.count == 2, rest.starts(with: [0xC0, 0x0A]) { return (0, 2) }
    guard rest.count >= 6, rest[start] == 0xED, 0xA0...0xAF ~= rest[start + 1],
      rest[start + 2] & 0xC0 == 0x80,
      rest[start + 3] == 0xED, 0xB0...0xBF ~= rest[start + 4], rest[start + 5] & 0xC0 == 0x80
    else { return nil }
    let high = UInt32(rest[start + 1] & 0x0F) << 6 | UInt32(rest[start + 2] & 0x3F)
    let low = UInt32(rest[start + 4] & 0x0F) << 6 | UInt32(rest[start + 5] & 0x3F)
    return (0x10000 + (high << 10 | low), 6)
  }
}

/// Whether bytes are valid UTF-8; allocates nothing.
public func isUTF8(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
  (try? UTF8Span(validating: bytes.span)) != nil
}
