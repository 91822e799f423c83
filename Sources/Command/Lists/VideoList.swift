/// The videos to evaluate and the classes that each one shows, read from a list: fields separated by spaces, tabs or
/// commas, as in the usual data sets' lists. A row that can be read in two ways is an error.
struct VideoList {
  struct Row {
    /// The row's line in the list, counted from 1.
    let line: Int
    let path: FilePath
    /// Indices into the classes, ascending.
    let classes: [Int]
  }

  let rows: [Row]
  /// A hash of the list's bytes, which tells it from other lists.
  let fingerprint: String

  /// Reads a list.
  /// - Parameters:
  ///   - separator: nil: as in the first row.
  ///   - multiLabel: a row has any number of labels; otherwise exactly one.
  init(
    _ path: FilePath, classes: ClassList, separator: ListFields.Separator?, multiLabel: Bool
  ) throws(CommandError) {
    let bytes = try Files.read(path)
    var reader = VideoListReader(classes: classes, multiLabel: multiLabel, separator: separator)
    var rows: [Row] = []
    for (index, line) in Files.lines(of: bytes).enumerated() {
      do throws(CommandError) {
        if let row = try reader.row(line, number: index + 1) { rows.append(row) }
      } catch { throw CommandError("\(path.shown): line \(index + 1): \(error.message)") }
    }
    guard !rows.isEmpty else { throw CommandError("\(path.shown): there is no video in it") }
    self.rows = rows
    fingerprint = Fingerprint.of(bytes)
  }
}

/// Reads the lines of a list in order: the first row sets the separator and the number of fields for the others.
private struct VideoListReader {
  let classes: ClassList
  let multiLabel: Bool
  var separator: ListFields.Separator?
  private var isFirst = true
  /// The number of fields in the first row, and that row's line.
  private var shape: (fields: Int, line: Int)?
  private var lineOfPath: [[UInt8]: Int] = [:]

  init(classes: ClassList, multiLabel: Bool, separator: ListFields.Separator?) {
    self.classes = classes
    self.multiLabel = multiLabel
    self.separator = separator
  }

  /// The row of a line; nil for blank lines, comments and the header. An error says what is wrong with the line.
  mutating func row(_ line: ArraySlice<UInt8>, number: Int) throws(CommandError) -> VideoList.Row? {
    let text = ListFields.trim(line)
    if text.isEmpty || text.first == UInt8(ascii: "#") { return nil }
    if text.contains(0) { throw CommandError("there is a NUL in it; save the list as UTF-8") }
    let between = separator ?? ListFields.Separator(of: text)
    separator = between
    guard let fields = ListFields.split(text, at: between) else {
      throw CommandError("its quotation marks are not as in CSV: a field in them, each of its own doubled")
    }
    defer { isFirst = false }
    if isFirst, VideoListReader.isHeader(fields) { return nil }
    guard let name = fields.first, !name.isEmpty else { throw CommandError("there is no path") }
    let labels =
      multiLabel
      ? fields.dropFirst().filter { !$0.isEmpty } : [try singleLabel(fields, between, line: number)]
    var found: [Int] = []
    for label in labels { found.append(try find(label, after: found)) }
    if let before = lineOfPath.updateValue(number, forKey: name) {
      throw CommandError(
        "\(FilePath(bytes: name).shown) is on line \(before) already"
          + (multiLabel ? "; all labels of a video go on one line" : ""))
    }
    return VideoList.Row(line: number, path: FilePath(bytes: name), classes: found.sorted())
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
    guard fields.count == 2 || (fields.count == 3 && VideoListReader.isNumber(fields[1])) else {
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

  /// The index of the class that a field names; an error if the row has named it already.
  private func find(_ field: [UInt8], after found: [Int]) throws(CommandError) -> Int {
    guard let label = String(validating: field, as: UTF8.self) else {
      throw CommandError("a label is not UTF-8; save the file as UTF-8")
    }
    let place = try classes.find(label)
    if found.contains(place) { throw CommandError("the label \(label) is there twice") }
    return place
  }

  private static func isHeader(_ fields: [[UInt8]]) -> Bool {
    let names = fields.map { String(decoding: $0, as: UTF8.self).lowercased() }
    return [["path", "label"], ["path", "labels"], ["path", "frames", "label"]].contains(names)
  }

  private static func isNumber(_ field: [UInt8]) -> Bool {
    !field.isEmpty && field.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}
