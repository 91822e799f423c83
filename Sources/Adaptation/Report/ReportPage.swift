/// Lines of a report, of at most 100 characters.
struct ReportPage {
  /// The most lines of a list.
  static let limit = 20
  private static let width = 100
  private static let labelWidth = 30

  private(set) var text = ""
  private let name: (Int) -> String

  init(_ name: @escaping (Int) -> String) { self.name = name }

  /// A label's name on one line, cut where it is long.
  func label(_ index: Int) -> String {
    let name = String(name(index).map { $0.isNewline || $0 == "\t" ? " " : $0 })
    return name.count > ReportPage.labelWidth ? name.prefix(ReportPage.labelWidth - 3) + "..." : name
  }

  mutating func heading(_ title: String) { text += "\n\(title)\n" }

  /// Words, broken into lines at spaces.
  mutating func paragraph(_ words: String) {
    var length = 0
    for word in words.split(separator: " ") {
      let isFirst = length == 0
      if !isFirst, length + 1 + word.count > ReportPage.width {
        text += "\n"
        length = 0
      } else if !isFirst {
        text += " "
        length += 1
      }
      text += word
      length += word.count
    }
    text += "\n"
  }

  /// A title, and columns that end in line.
  mutating func row(_ title: String, _ cells: [String], width: Int) {
    text += "  " + title + spaces(ReportPage.labelWidth - title.count)
    for cell in cells { text += spaces(width - cell.count) + cell }
    text += "\n"
  }

  /// A heading with a line for each of the first items; nothing where there are none.
  mutating func list(_ title: String, _ count: Int, _ line: (Int) -> String) {
    guard count > 0 else { return }
    heading(title)
    for index in 0..<min(count, ReportPage.limit) {
      text += "  \(line(index).prefix(ReportPage.width - 2))\n"
    }
    more(count)
  }

  /// How many of a list were left out.
  mutating func more(_ count: Int) {
    if count > ReportPage.limit { text += "  and \(count - ReportPage.limit) more\n" }
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: max(count, 0)) }
}
