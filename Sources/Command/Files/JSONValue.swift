/// A JSON value that is written with its keys in the given order, so that two runs can be compared as text.
enum JSONValue {
  case null
  case bool(Bool)
  case int(Int64)
  case float(Float)
  case double(Double)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member {
    let key: String
    let value: JSONValue
  }

  /// The JSON text, on one line and without spaces.
  var text: String {
    var result = ""
    write(to: &result)
    return result
  }

  private func write(to result: inout String) {
    switch self {
    case .null: result += "null"
    case .bool(let value): result += value ? "true" : "false"
    case .int(let value): result += String(value)
    // JSON has no NaN or infinity. Swift writes the shortest digits that read back the same.
    case .float(let value): result += value.isFinite ? value.description : "null"
    case .double(let value): result += value.isFinite ? value.description : "null"
    case .string(let value): JSONValue.write(value, to: &result)
    case .array(let values):
      result += "["
      for (index, value) in values.enumerated() {
        if index > 0 { result += "," }
        value.write(to: &result)
      }
      result += "]"
    case .object(let members):
      result += "{"
      for (index, member) in members.enumerated() {
        if index > 0 { result += "," }
        JSONValue.write(member.key, to: &result)
        result += ":"
        member.value.write(to: &result)
      }
      result += "}"
    }
  }

  private static func write(_ text: String, to result: inout String) {
    result += "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": result += "\\\""
      case "\\": result += "\\\\"
      case "\n": result += "\\n"
      case "\r": result += "\\r"
      case "\t": result += "\\t"
      case "\u{0}"..."\u{1F}", "\u{7F}", "\u{2028}", "\u{2029}":
        let digits = String(scalar.value, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: result.unicodeScalars.append(scalar)
      }
    }
    result += "\""
  }
}

extension JSONValue: ExpressibleByDictionaryLiteral {
  init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { Member(key: $0.0, value: $0.1) })
  }
}

extension JSONValue {
  /// An object with the members of each part, one part after the other.
  init(joining parts: KeyValuePairs<String, JSONValue>...) {
    self = .object(parts.flatMap { $0.map { Member(key: $0.key, value: $0.value) } })
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByBooleanLiteral {
  init(stringLiteral text: String) { self = .string(text) }
  init(arrayLiteral values: JSONValue...) { self = .array(values) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
}
