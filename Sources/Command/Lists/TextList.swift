/// Reads lists of text: a video on each line, its fields separated by spaces, tabs or commas, as in the lists of the
/// usual data sets. The first row sets the separator and the number of fields for the others; it may be a header.
struct TextList {
  private let multiLabel: Bool
  private var separator: ListFields.Separator?
  private var isFirst = true
  private var header: ListHeader?
  /// The number of fields in the first row, and that row's line.
  private var shape: (fields: Int, line: Int)?

  static func read(
    _ source: ListSource, _ separator: ListFields.Separator?, columns: String?, into rows: inout VideoRows
  ) throws(CommandError) {
    var list = TextList(multiLabel: rows.takesSeveralLabels, separator: separator)
    if let columns { try list.take(columns) }
    try source.forEachLine { (line, number) throws(CommandError) in
      if let video = try list.video(line, number: number) { try rows.add(video) }
    }
  }

  private init(multiLabel: Bool, separator: ListFields.Separator?) {
    self.multiLabel = multiLabel
    self.separator = separator
  }

  /// Takes the names of columns that the list's first row does not have.
  private mutating func take(_ columns: String) throws(CommandError) {
    let names = columns.split(separator: ",").map { Array($0.utf8) }
    guard let found = ListHeader(names, line: nil) else {
      throw CommandError(
        "--columns is \(columns); expected names with path and label among them, as path,frames,label")
    }
    header = found
    isFirst = false
  }

  /// The video of a line; nil for blank lines, comments and the header.
  private mutating func video(_ line: ArraySlice<UInt8>, number: Int) throws(CommandError) -> ListedVideo? {
    let text = ListFields.trim(line)
    if text.isEmpty || text.first == UInt8(ascii: "#") { return nil }
    if text.contains(0) { throw CommandError("there is a NUL in it; save the list as UTF-8") }
    let between = separator ?? ListFields.Separator(of: text)
    separator = between
    guard let fields = ListFields.split(text, at: between) else {
      throw CommandError("its quotation marks are not as in CSV: a field in them, each of its own doubled")
    }
    defer { isFirst = false }
    if isFirst, let found = ListHeader(fields, line: number) {
      header = found.isPlain(multiLabel: multiLabel) ? nil : found
      return nil
    }
    if let header { return try header.video(fields, line: number, multiLabel: multiLabel) }
    guard let name = fields.first, !name.isEmpty else { throw CommandError("there is no path") }
    let labels =
      multiLabel
      ? fields.dropFirst().filter { !$0.isEmpty } : [try singleLabel(fields, between, line: number)]
    // The number of frames, which folders of frames are held to; 0 says nothing.
    let count = multiLabel || fields.count < 3 ? nil : Int(String(decoding: fields[1], as: UTF8.self))
    return ListedVideo(
      number: number, path: FilePath(bytes: name), span: nil,
      frames: try .stated(count == 0 ? nil : count, from: nil),
      labels: try ListFields.texts(labels))
  }

  /// The only label of a row. A column with numbers of frames must be in every row or in none: otherwise a stray
  /// number would take a label's place.
  private mutating func singleLabel(
    _ fields: [[UInt8]], _ separator: ListFields.Separator, line: Int
  ) throws(CommandError) -> [UInt8] {
    let first = shape ?? (fields.count, line)
    shape = first
    let reading = "the list is read with \(separator == .space ? "spaces" : "a \(separator)") between fields"
    guard fields.count >= 2, let label = fields.last, !label.isEmpty else {
      throw CommandError("there is no label (\(reading); --separator changes that)")
    }
    guard fields.count == 2 || (fields.count == 3 && TextList.isNumber(fields[1])) else {
      throw CommandError(
        "expected a path and a label, or a path, a number of frames and a label; \(reading)"
          + (separator == .space ? ", so names with spaces need a list with tabs or commas" : "")
          + "; several labels need --multi-label")
    }
    guard fields.count == first.fields else {
      throw CommandError(
        "it has \(fields.count) fields and line \(first.line) has \(first.fields); several labels in a "
          + "row need --multi-label")
    }
    return label
  }

  private static func isNumber(_ field: [UInt8]) -> Bool {
    !field.isEmpty && field.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
