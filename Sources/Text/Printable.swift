/// Bytes from a file as text in single quotes for a message of one line: see `printable`.
public func quoted(_ bytes: some Sequence<UInt8>, limit: Int = 128) -> String {
  "'" + printable(bytes, limit: limit) + "'"
}

/// Bytes from a file as text for a message of one line: bytes that are not UTF-8 become U+FFFD, control and direction
/// characters "?", and the text is cut after `limit` characters.
public func printable(_ bytes: some Sequence<UInt8>, limit: Int) -> String {
  // A UTF-8 sequence has at most 4 bytes, so this is enough for `limit` scalars, however long the input.
  let beginning = Array(bytes.prefix(limit * 4 + 4))
  let text = String(decoding: beginning, as: UTF8.self)
  if beginning.count <= limit, beginning.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
  var result = ""
  var count = 0
  for scalar in text.unicodeScalars {
    if count == limit {
      result += "..."
      break
    }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator: result += "?"
    default: result.unicodeScalars.append(scalar)
    }
    count += 1
  }
  return result
}

/// A message reduced to one line: control characters and line breaks become spaces. Characters that change the
/// writing direction become question marks, since they can make one name look like another.
public func oneLine(_ message: String) -> String {
  var result = String.UnicodeScalarView()
  for scalar in message.unicodeScalars {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: result.append(" ")
    case .format where scalar.properties.isBidiControl: result.append("?")
    default: result.append(scalar)
    }
  }
  return String(result)
}

/// Bytes as pairs of hexadecimal digits with spaces between, to show the beginning of a file in a message.
public func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
  let digits: [Character] = Array("0123456789abcdef")
  var result = ""
  for byte in bytes {
    if !result.isEmpty { result += " " }
    result.append(digits[Int(byte >> 4)])
    result.append(digits[Int(byte & 15)])
  }
  return result
}
