/// Bytes from a file as quoted text that cannot break a one-line message: repaired to UTF-8,
/// control and direction characters replaced, cut at `limit` characters.
public func quoted(_ bytes: some Sequence<UInt8>, limit: Int = 128) -> String {
  "'" + printable(bytes, limit: limit) + "'"
}

public func printable(_ bytes: some Sequence<UInt8>, limit: Int) -> String {
  // 4 bytes is the longest UTF-8 sequence: enough for `limit` scalars, however long the input.
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

/// A message on one line: control characters of every kind and line ends become spaces, and characters that turn the
/// direction of writing, with which a name could pass for another, question marks.
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

/// Bytes in hexadecimal, for a message that shows how a file begins.
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
