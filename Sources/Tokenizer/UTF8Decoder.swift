/// UTF-8 to scalars, strictly: no overlong forms, no surrogates, nothing above U+10FFFF.
enum UTF8Decoder {
  static func decode(
    _ bytes: UnsafeBufferPointer<UInt8>, into scalars: inout MemoryBuffer<UInt32>
  ) throws(TokenizerError) {
    var position = 0
    while position < bytes.count {
      let first = bytes[position]
      if first < 0x80 {
        try scalars.append(UInt32(first))
        position += 1
        continue
      }
      let (length, smallest): (Int, UInt32)
      switch first {
      case 0xC2...0xDF: (length, smallest) = (2, 0x80)
      case 0xE0...0xEF: (length, smallest) = (3, 0x800)
      case 0xF0...0xF4: (length, smallest) = (4, 0x10000)
      default: throw invalid(position)
      }
      guard bytes.count - position >= length else { throw invalid(position) }
      var value = UInt32(first) & (0x7F >> UInt32(length))
      for byte in bytes[position + 1..<position + length] {
        guard byte & 0xC0 == 0x80 else { throw invalid(position) }
        value = value << 6 | UInt32(byte & 0x3F)
      }
      guard value >= smallest, Unicode.Scalar(value) != nil else { throw invalid(position) }
      try scalars.append(value)
      position += length
    }
  }

  private static func invalid(_ offset: Int) -> TokenizerError {
    TokenizerError(.invalidUTF8, "the text is not UTF-8: invalid byte sequence at byte \(offset)")
  }
}
