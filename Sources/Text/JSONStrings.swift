import System

/// Lists of strings as JSON text, for the metadata and headers of model files.
public enum JSONStrings {
  /// Reads a JSON array that holds nothing but strings.
  public static func read(_ text: UnsafeBufferPointer<UInt8>) throws(Failure) -> TextList {
    var json = JSONReader(
      UnsafeRawBufferPointer(text), maximumDepth: 1, maximumKeys: 0, subject: "")
    let strings = TextList()
    var string = GrowingArray<UInt8>()
    try json.beginArray()
    while try json.nextElement() {
      string.removeAll()
      try json.string(atMost: text.count, into: &string)
      try strings.append(string.view)
    }
    try json.finish()
    return strings
  }

  /// Appends the strings as a JSON array.
  public static func append(_ strings: TextList, to text: inout GrowingArray<UInt8>) throws(Failure) {
    try text.append("[")
    for index in 0..<strings.count {
      if index > 0 { try text.append(", ") }
      try append(strings[index], to: &text)
    }
    try text.append("]")
  }

  /// Appends a string in quotation marks, with only the escapes that JSON requires.
  public static func append(
    _ string: some Sequence<UInt8>, to text: inout GrowingArray<UInt8>
  ) throws(Failure) {
    func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x57 + value }
    try text.append("\"")
    for byte in string {
      switch byte {
      case UInt8(ascii: "\""), UInt8(ascii: "\\"):
        try text.append("\\")
        try text.append(byte)
      case UInt8(ascii: "\n"): try text.append("\\n")
      case 0..<0x20:
        try text.append("\\u00")
        try text.append(digit(byte >> 4))
        try text.append(digit(byte & 15))
      default: try text.append(byte)
      }
    }
    try text.append("\"")
  }
}
