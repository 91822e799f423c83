/// Reads labels from a file: one per line, the reference's `id,name` table, or JSON.
enum LabelList {
  struct Entry {
    let label: String
    /// The id from a table; without a table, labels count from 0.
    let id: Int
  }

  static func read(_ path: FilePath) throws(CommandError) -> [String] {
    try entries(path).map(\.label)
  }

  /// The labels of a file, each of which is there once.
  static func distinct(_ path: FilePath) throws(CommandError) -> [String] {
    let labels = try read(path)
    try requireDistinct(labels, source: path.shown)
    return labels
  }

  /// Refuses labels of which two are the same: no answer could tell them apart.
  static func requireDistinct(_ labels: [String], source: String) throws(CommandError) {
    var known = Set<String>()
    guard let again = labels.first(where: { !known.insert($0).inserted }) else { return }
    throw CommandError("\(source): the label '\(again)' is there twice")
  }

  static func entries(_ path: FilePath) throws(CommandError) -> [Entry] {
    let bytes = try Files.read(path)
    let isJSON = path.suffix == "json"
    let labels = try isJSON ? entries(ofJSON: bytes, name: path.shown) : parse(bytes, name: path.shown)
    guard !labels.isEmpty else { throw CommandError("\(path.shown): there is no label in it") }
    return labels
  }

  private static func parse(_ bytes: [UInt8], name: String) throws(CommandError) -> [Entry] {
    var labels: [Entry] = []
    var isTable = false
    for (index, line) in lines(of: bytes).enumerated() {
      func invalid(_ reason: String) -> CommandError { CommandError("\(name): line \(index + 1): \(reason)") }
      guard let text = String(validating: line, as: UTF8.self) else {
        throw invalid("it is not UTF-8; save the file as UTF-8")
      }
      guard !line.contains(0) else { throw invalid("there is a NUL in it; save the file as UTF-8") }
      let trimmed = trim(text[...])
      if index == 0, trimmed == "id,name" {
        isTable = true
      } else if !trimmed.isEmpty, !trimmed.hasPrefix("#") {
        guard let entry = isTable ? row(trimmed) : Entry(label: String(trimmed), id: labels.count) else {
          throw invalid("expected a number, a comma and a name, as the header id,name says")
        }
        labels.append(entry)
      }
    }
    return labels
  }

  /// Splits text into lines, also at Unicode's other line ends: next line, line separator, paragraph separator.
  private static func lines(of bytes: [UInt8]) -> [ArraySlice<UInt8>] {
    Files.lines(of: bytes).flatMap { line in
      guard let text = String(validating: line, as: UTF8.self) else { return [line] }
      let parts = text.unicodeScalars.split(omittingEmptySubsequences: false) {
        ["\u{85}", "\u{2028}", "\u{2029}"].contains($0)
      }
      return parts.map { Array(String($0).utf8)[...] }
    }
  }

  /// Reads a row of a table: `12,clapping` or `12,"clapping, slowly"`.
  private static func row(_ row: Substring) -> Entry? {
    guard let comma = row.firstIndex(of: ","), let id = Int(trim(row[..<comma])) else { return nil }
    let field = trim(row[row.index(after: comma)...])
    guard field.hasPrefix("\"") else {
      return field.isEmpty ? nil : Entry(label: String(field), id: id)
    }
    guard field.count >= 3, field.hasSuffix("\"") else { return nil }
    // A doubled quotation mark stands for one.
    let label = String(field.dropFirst().dropLast()).split(
      separator: "\"\"", omittingEmptySubsequences: false
    ).joined(separator: "\"")
    return Entry(label: label, id: id)
  }

  private static func trim(_ text: Substring) -> Substring {
    var text = text
    while let first = text.first, first.isWhitespace { text.removeFirst() }
    while let last = text.last, last.isWhitespace { text.removeLast() }
    return text
  }
}
