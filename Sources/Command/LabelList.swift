/// Labels from a file: one per line, or the reference's `id,name` table.
enum LabelList {
  static func read(_ path: FilePath) throws(CommandError) -> [String] {
    let labels = try parse(Files.read(path), name: path.shown)
    guard !labels.isEmpty else { throw CommandError("\(path.shown): there is no label in it") }
    return labels
  }

  static func parse(_ bytes: [UInt8], name: String) throws(CommandError) -> [String] {
    var body = bytes[...]
    if body.starts(with: [0xEF, 0xBB, 0xBF]) { body = body.dropFirst(3) }  // a byte order mark
    var labels: [String] = []
    var isTable = false
    let lines = body.split(separator: 0x0A, omittingEmptySubsequences: false)
    for (index, line) in lines.enumerated() {
      func invalid(_ reason: String) -> CommandError { CommandError("\(name): line \(index + 1): \(reason)") }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw invalid("it is not UTF-8; save the file as UTF-8")
      }
      guard !line.contains(0) else { throw invalid("there is a NUL in it") }
      let trimmed = trim(text[...])
      if index == 0, trimmed == "id,name" {
        isTable = true
      } else if !trimmed.isEmpty, !trimmed.hasPrefix("#") {
        guard let label = isTable ? tableName(trimmed) : String(trimmed) else {
          throw invalid("expected a number, a comma and a name, as the header id,name says")
        }
        labels.append(label)
      }
    }
    return labels
  }

  /// The name in `12,clapping` or `12,"clapping, slowly"`.
  private static func tableName(_ row: Substring) -> String? {
    guard let comma = row.firstIndex(of: ","), Int(trim(row[..<comma])) != nil else { return nil }
    let field = trim(row[row.index(after: comma)...])
    guard field.hasPrefix("\"") else { return field.isEmpty ? nil : String(field) }
    guard field.count >= 3, field.hasSuffix("\"") else { return nil }
    // A doubled quotation mark stands for one.
    return String(field.dropFirst().dropLast()).split(
      separator: "\"\"", omittingEmptySubsequences: false
    ).joined(separator: "\"")
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
