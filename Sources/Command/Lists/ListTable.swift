/// Rows of CSV under a header, read by the names of their columns, as data sets' annotation files have them.
struct ListTable {
  private var names: [String] = []

  /// Calls `body` with the row of each line of a list; its errors name the line.
  static func read(
    _ source: ListSource, _ body: (ListTable.Row) throws(CommandError) -> Void
  ) throws(CommandError) {
    try read(source.bytes ?? [], source.path.shown, columns: [], body)
  }

  /// Calls `body` with the row of each line of a file; its errors name the line.
  /// - Parameter columns: names that the header must have.
  static func read(
    _ bytes: [UInt8], _ file: String, columns: [String], _ body: (ListTable.Row) throws(CommandError) -> Void
  ) throws(CommandError) {
    var table = ListTable()
    try ListSource.forEachLine(of: bytes, file) { (line, number) throws(CommandError) in
      let text = ListFields.trim(line)
      if text.isEmpty { return }
      guard let fields = ListFields.split(text, at: .comma) else {
        throw CommandError("its quotation marks are not as in CSV: a field in them, each of its own doubled")
      }
      let texts = try ListFields.texts(fields)
      if table.names.isEmpty {
        table.names = texts.map { $0.lowercased() }
        guard columns.allSatisfy(table.names.contains) else {
          throw CommandError(
            "expected a header with the columns \(columns.joined(separator: ", ")), and rows below it")
        }
      } else {
        guard texts.count == table.names.count else {
          throw CommandError("it has \(texts.count) fields and the header has \(table.names.count)")
        }
        try body(Row(names: table.names, fields: texts, line: number))
      }
    }
  }

  struct Row {
    fileprivate let names: [String]
    fileprivate let fields: [String]
    let line: Int

    /// The field in the column `name`, "" without one.
    subscript(name: String) -> String { names.firstIndex(of: name).map { fields[$0] } ?? "" }

    func seconds(_ name: String) throws(CommandError) -> Double {
      try ListFields.seconds(Array(self[name].utf8), name)
    }
  }
}
