import ArgumentParser

/// The videos to evaluate and the classes each one shows, from a list as people keep them: fields
/// between spaces, tabs or commas. What can be read in two ways is an error.
struct VideoList {
  struct Row {
    /// Counted from 1.
    let line: Int
    let path: FilePath
    let classes: [Int]
  }

  enum Separator: String, CaseIterable, ExpressibleByArgument {
    case space, tab, comma
  }

  let rows: [Row]
  /// Of the file.
  let fingerprint: String

  /// - Parameters:
  ///   - separator: nil: a tab if the first row has one, else a comma if it has one, else spaces.
  ///   - multiLabel: any number of labels in a row; otherwise exactly one.
  init(
    _ path: FilePath, classes: ClassList, separator: Separator?, multiLabel: Bool
  ) throws(CommandError) {
    var rows: [Row] = []
    var separator = separator
    var seen: [[UInt8]: Int] = [:]
    var shape: (fields: Int, line: Int)?
    var isFirst = true
    let bytes = try Files.read(path)
    for (index, line) in Files.lines(of: bytes).enumerated() {
      func invalid(_ reason: String) -> CommandError {
        CommandError("\(path.shown): line \(index + 1): \(reason)")
      }
      let text = VideoList.trim(line)
      if text.isEmpty || text.first == UInt8(ascii: "#") { continue }
      if text.contains(0) { throw invalid("there is a NUL in it; save the list as UTF-8") }
      let between = separator ?? VideoList.separator(in: text)
      separator = between
      guard let fields = VideoList.fields(text, between) else {
        throw invalid("its quotation marks are not as in CSV: a field in them, each of its own doubled")
      }
      defer { isFirst = false }
      if isFirst, VideoList.isHeader(fields) { continue }
      guard let name = fields.first, !name.isEmpty else { throw invalid("there is no path") }
      var given = fields.dropFirst()
      if multiLabel {
        given = given.filter { !$0.isEmpty }[...]
      } else {
        // A column with numbers of frames must be in every row, or in none: one stray number more
        // would otherwise take a label's place.
        let first = shape ?? (fields.count, index + 1)
        shape = first
        if fields.count < 2 || fields.last?.isEmpty == true {
          throw invalid("there is no label (\(VideoList.reading(between)); --separator changes that)")
        }
        guard fields.count == 2 || (fields.count == 3 && VideoList.isNumber(fields[1])) else {
          throw invalid(
            "expected a path and a label, or a path, a number of frames and a label; "
              + VideoList.reading(between)
              + (between == .space ? ", so names with spaces need a list with tabs or commas" : "")
              + "; several labels need --multi-label")
        }
        guard fields.count == first.fields else {
          throw invalid(
            "it has \(fields.count) fields and line \(first.line) has \(first.fields); several labels in a "
              + "row need --multi-label")
        }
        given = given.suffix(1)
      }
      var found: [Int] = []
      for field in given {
        guard let label = String(validating: field, as: UTF8.self) else {
          throw invalid("a label is not UTF-8; save the file as UTF-8")
        }
        do throws(CommandError) {
          let place = try classes.find(label)
          if found.contains(place) { throw CommandError("the label \(label) is there twice") }
          found.append(place)
        } catch { throw invalid(error.message) }
      }
      if let before = seen.updateValue(index + 1, forKey: name) {
        throw invalid(
          "\(FilePath(bytes: name).shown) is on line \(before) already"
            + (multiLabel ? "; all labels of a video go on one line" : ""))
      }
      rows.append(Row(line: index + 1, path: FilePath(bytes: name), classes: found.sorted()))
    }
    guard !rows.isEmpty else { throw CommandError("\(path.shown): there is no video in it") }
    self.rows = rows
    fingerprint = Fingerprint.of(bytes)
  }

  private static func reading(_ separator: Separator) -> String {
    "the list is read with \(separator == .space ? "spaces" : "a \(separator)") between fields"
  }

  private static func isHeader(_ fields: [[UInt8]]) -> Bool {
    let names = fields.map { String(decoding: $0, as: UTF8.self).lowercased() }
    return [["path", "label"], ["path", "labels"], ["path", "frames", "label"]].contains(names)
  }

  private static func isNumber(_ field: [UInt8]) -> Bool {
    !field.isEmpty && field.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }

  private static func separator(in line: ArraySlice<UInt8>) -> Separator {
    if line.contains(UInt8(ascii: "\t")) { return .tab }
    return line.contains(UInt8(ascii: ",")) ? .comma : .space
  }

  private static func fields(_ line: ArraySlice<UInt8>, _ separator: Separator) -> [[UInt8]]? {
    switch separator {
    case .space:
      line.split { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") }.map { Array($0) }
    case .tab:
      line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false).map { Array(trim($0)) }
    case .comma: commaFields(line)
    }
  }

  /// RFC 4180, but for line feeds inside a field, and spaces around a field do not count. Nil where
  /// quotation marks stand as they may not.
  private static func commaFields(_ line: ArraySlice<UInt8>) -> [[UInt8]]? {
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

  private static func trim(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0D }
    var bytes = bytes.drop(while: isSpace)
    while let last = bytes.last, isSpace(last) { bytes.removeLast() }
    return bytes
  }
}
