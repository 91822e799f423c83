/// Fields of CSV (RFC 4180).
enum CSVField {
  /// A field in quotation marks where it needs them. A line break becomes a space, since many readers take files by
  /// lines.
  static func quoted(_ text: String) -> String {
    let line = printable(text)
    guard line.contains(where: { ",\"".contains($0) }) || line.first == " " || line.last == " " else {
      return line
    }
    return "\"" + line.replacing("\"", with: "\"\"") + "\""
  }
}
