/// The class of a Unicode scalar by which CLIP's pattern splits words, with other properties that the cleaning needs.
/// Scalars are UInt32, as the decoder and the tables give them; their Unicode properties are the standard library's.
enum ScalarClass {
  case letter, number, other
  /// White space and other scalars that are part of no word.
  case separator

  /// The class of a scalar by CLIP's pattern: `\p{L}`, `\p{N}`, `[^\s\p{L}\p{N}]`, or none of them.
  @inline(__always)
  static func of(_ value: UInt32) -> ScalarClass {
    switch value {
    case 0x61...0x7A, 0x41...0x5A: return .letter
    case 0x30...0x39: return .number
    case 0x20, 0x09...0x0D: return .separator
    case ..<0x80: return .other
    default: return ofNonASCII(value)
    }
  }

  private static func ofNonASCII(_ value: UInt32) -> ScalarClass {
    // U+0345 folds to the letter iota, so that under IGNORECASE none of the pattern's classes matches it: the
    // reference drops it.
    guard value != 0x345, let properties = Unicode.Scalar(value)?.properties else { return .separator }
    switch properties.generalCategory {
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return .letter
    case .decimalNumber, .letterNumber, .otherNumber: return .number
    default: return properties.isWhitespace ? .separator : .other
    }
  }

  /// Whether the scalar is white space for Python's `str.split` and `str.strip`: Unicode's and U+001C...U+001F.
  @inline(__always)
  static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x20, 0x09...0x0D, 0x1C...0x1F: return true
    case ..<0x80: return false
    default: return Unicode.Scalar(value)?.properties.isWhitespace ?? false
    }
  }

  /// Whether the scalar is an ASCII letter or digit.
  static func isASCIIAlphanumeric(_ value: UInt32) -> Bool {
    switch value {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: return true
    default: return false
    }
  }

  /// Whether the scalar is a decimal digit of any script, which Python's `\d` matches.
  static func isDecimalDigit(_ value: UInt32) -> Bool {
    if value < 0x80 { return (0x30...0x39).contains(value) }
    return Unicode.Scalar(value)?.properties.generalCategory == .decimalNumber
  }
}
