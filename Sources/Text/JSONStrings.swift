/// Lists of strings as JSON text, which metadata values and headers are made of.
public enum JSONStrings {
  /// The strings of a JSON array of at least one.
  public static func read<Failure: JSONFailure>(
    _ text: String, _: Failure.Type
  ) throws(Failure) -> [String] {
    let bytes = Array(text.utf8)
    return try bytes.withUnsafeBufferPointer { (bytes) throws(Failure) in
      var json = JSONReader<Failure>(
        UnsafeRawBufferPointer(bytes), maximumDepth: 1, maximumKeys: 0, subject: "")
      var strings: [String] = []
      try json.beginArray()
      while try json.nextElement() { strings.append(try json.string(atMost: bytes.count)) }
      try json.finish()
      return strings
    }
  }

  public static func text(of strings: [String]) -> String {
    var text: [UInt8] = [UInt8(ascii: "[")]
    for (index, string) in strings.enumerated() {
      if index > 0 { text += ", ".utf8 }
      append(string, to: &text)
    }
    text.append(UInt8(ascii: "]"))
    return String(decoding: text, as: UTF8.self)
  }

  /// A string in its quotation marks, with the escapes that JSON demands and no others.
  public static func append(_ string: String, to text: inout [UInt8]) {
    let digits = Array("0123456789abcdef".utf8)
    text.append(UInt8(ascii: "\""))
    for byte in string.utf8 {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"): text += [UInt8(ascii: "\\"), byte]
      case UInt8(ascii: "\n"): text += "\\n".utf8
      case 0..<0x20: text += "\\u00".utf8 + [digits[Int(byte >> 4)], digits[Int(byte & 15)]]
      default: text.append(byte)
      }
    }
    text.append(UInt8(ascii: "\""))
  }
}
