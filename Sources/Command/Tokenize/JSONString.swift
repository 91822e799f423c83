/// Reads one JSON string (RFC 8259) as bytes. A general decoder guesses the encoding, and its errors give no
/// position; token ids must come from exactly the given text.
struct JSONString {
  struct Invalid: Error { let reason: String }

  private let bytes: ArraySlice<UInt8>
  private var at: Int

  /// The string's UTF-8. `bytes` hold the string and white space around it, nothing else.
  static func parse(_ bytes: ArraySlice<UInt8>) throws(Invalid) -> [UInt8] {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw Invalid(reason: "it is not UTF-8")
    }
    var reader = JSONString(bytes: bytes, at: bytes.startIndex)
    reader.skipSpace()
    guard reader.next() == UInt8(ascii: "\"") else {
      throw Invalid(reason: "a JSON string begins with a quotation mark")
    }
    let text = try reader.body()
    reader.skipSpace()
    guard reader.at == bytes.endIndex else { throw reader.invalid("something follows the string") }
    return text
  }

  private mutating func next() -> UInt8? {
    guard at < bytes.endIndex else { return nil }
    defer { at += 1 }
    return bytes[at]
  }

  private mutating func skipSpace() {
    while at < bytes.endIndex, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[at]) { at += 1 }
  }

  private func invalid(_ reason: String, at place: Int? = nil) -> Invalid {
    Invalid(reason: "\(reason) (byte \((place ?? at) - bytes.startIndex + 1))")
  }

  /// Reads up to and including the closing quotation mark.
  private mutating func body() throws(Invalid) -> [UInt8] {
    var text: [UInt8] = []
    while let byte = next() {
      switch byte {
      case UInt8(ascii: "\""): return text
      case UInt8(ascii: "\\"): try escape(into: &text)
      case 0..<0x20:
        at -= 1
        throw invalid("a control character must be escaped")
      default: text.append(byte)
      }
    }
    throw invalid("the string has no closing quotation mark")
  }

  private mutating func escape(into text: inout [UInt8]) throws(Invalid) {
    switch next() {
    case UInt8(ascii: "\""): text.append(UInt8(ascii: "\""))
    case UInt8(ascii: "\\"): text.append(UInt8(ascii: "\\"))
    case UInt8(ascii: "/"): text.append(UInt8(ascii: "/"))
    case UInt8(ascii: "b"): text.append(0x08)
    case UInt8(ascii: "f"): text.append(0x0C)
    case UInt8(ascii: "n"): text.append(0x0A)
    case UInt8(ascii: "r"): text.append(0x0D)
    case UInt8(ascii: "t"): text.append(0x09)
    case UInt8(ascii: "u"): text.append(contentsOf: String(try scalar()).utf8)
    default: throw invalid("there is no such escape", at: at - 1)
    }
  }

  /// Reads one code point: \uXXXX, or a surrogate pair of them.
  private mutating func scalar() throws(Invalid) -> Unicode.Scalar {
    let start = at - 2  // the backslash
    let first = try unit()
    if let scalar = Unicode.Scalar(first) { return scalar }
    guard first < 0xDC00, next() == UInt8(ascii: "\\"), next() == UInt8(ascii: "u") else {
      throw invalid("a surrogate stands alone", at: start)
    }
    let second = try unit()
    guard (0xDC00..<0xE000).contains(second),
      let scalar = Unicode.Scalar(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00))
    else { throw invalid("a surrogate stands alone", at: start) }
    return scalar
  }

  private mutating func unit() throws(Invalid) -> UInt32 {
    var value: UInt32 = 0
    for _ in 0..<4 {
      guard let byte = next(), byte < 0x80, let digit = Character(Unicode.Scalar(byte)).hexDigitValue
      else { throw invalid("\\u needs four hexadecimal digits") }
      value = value << 4 | UInt32(digit)
    }
    return value
  }
}
