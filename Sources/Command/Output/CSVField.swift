/// Fields of CSV (RFC 4180).
enum CSVField {
  /// A field in quotation marks where it needs them. A line break becomes a space, since many readers take files by
  /// lines.
  static func quoted(_ text: String) -> String {
    enclosed(printable(text))
  }

  /// A field as `quoted` makes it, but with line breaks and tabs kept, for the path of a file that is to be opened.
  static func exact(_ text: String) -> String {
    enclosed(
      text.unicodeScalars.map { "\n\r\t".unicodeScalars.contains($0) ? String($0) : printable(String($0)) }
        .joined())
  }

  private static func enclosed(_ text: String) -> String {
    let needs = ",\"\n\r\t".unicodeScalars
    guard text.unicodeScalars.contains(where: { needs.contains($0) }) || text.first == " " || text.last == " "
    else { return text }
    return "\"" + text.replacing("\"", with: "\"\"") + "\""
  }
}
