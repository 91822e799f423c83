import ArgumentParser

/// Splits a line of a list into fields.
enum ListFields {
  enum Separator: String, CaseIterable, ExpressibleByArgument {
    case space, tab, comma

    /// The separator that a line uses: a tab if it has one, else a comma if it has one, else spaces.
    init(of line: ArraySlice<UInt8>) {
      self =
        line.contains(UInt8(ascii: "\t")) ? .tab : line.contains(UInt8(ascii: ",")) ? .comma : .space
    }
  }

  /// The fields of a line, or nil where quotation marks stand as CSV does not allow.
  static func split(_ line: ArraySlice<UInt8>, at separator: Separator) -> [[UInt8]]? {
    switch separator {
    case .space:
      line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { Array($0) }
    case .tab:
      line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { Array(trim($0)) }
    case .comma: splitAtCommas(line)
    }
  }

  /// The fields of a CSV line (RFC 4180), without line feeds in fields. Spaces around a field do not count. Nil where
  /// quotation marks stand as the format does not allow.
  private static func splitAtCommas(_ line: ArraySlice<UInt8>) -> [[UInt8]]? {
    let (comma, quote) = (UInt8(ascii: ","), UInt8(ascii: "\""))
    var fields: [[UInt8]] = []
    var rest = line
    while true {
      rest = rest.drop { $0 == UInt8(ascii: " ") }
      guard rest.first == quote else {
        let field = trim(rest.prefix { $0 != comma })
        if field.contains(quote) { return nil }
        fields.append(Array(field))
        rest = rest.drop { $0 != comma }
        if rest.isEmpty { return fields }
        rest = rest.dropFirst()
        continue
      }
      var field: [UInt8] = []
      rest = rest.dropFirst()
      while true {
        field += rest.prefix { $0 != quote }
        rest = rest.drop { $0 != quote }
        if rest.isEmpty { return nil }
        rest = rest.dropFirst()
        guard rest.first == quote else { break }
        field.append(quote)
        rest = rest.dropFirst()
      }
      fields.append(field)
      rest = rest.drop { $0 == UInt8(ascii: " ") }
      if rest.isEmpty { return fields }
      guard rest.first == comma else { return nil }
      rest = rest.dropFirst()
    }
  }

  /// Removes spaces, tabs and carriage returns at both ends.
  static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    return bytes
  }

  /// Fields as texts.
  static func texts(_ fields: some Sequence<[UInt8]>) throws(CommandError) -> [String] {
    var texts: [String] = []
    for field in fields {
      guard let text = String(validating: field, as: UTF8.self) else {
        throw CommandError("a label is not UTF-8; save the file as UTF-8")
      }
      texts.append(text)
    }
    return texts
  }

  /// The number in a field of times.
  static func seconds(_ field: [UInt8], _ name: String) throws(CommandError) -> Double {
    guard let seconds = Double(String(decoding: field, as: UTF8.self)) else {
      throw CommandError("\(name) is \(FilePath(bytes: field).shown); expected a number of seconds")
    }
    return seconds
  }
}
