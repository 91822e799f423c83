/// Reads Charades' annotation files: CSV with a row for each video and, in the column actions, its actions with their
/// times, "c092 11.90 21.20;c147 0.00 12.60". Charades_v1_classes.txt beside them has the names.
///
/// With several labels a video is an item with all of its actions; otherwise each action is an item, the part of the
/// video between its times.
enum CharadesList {
  private static let classFile = "Charades_v1_classes.txt"

  static func isHeader(_ names: [String]) -> Bool { names.contains("id") && names.contains("actions") }

  /// - Returns: a line on the actions whose times are no part; nil if there are none.
  static func read(
    _ source: ListSource, root: FilePath, into rows: inout VideoRows
  ) throws(CommandError) -> String? {
    let file = source.path.folder.file(classFile)
    let names = try classNames(file)
    try rows.declare(names.map { .init(label: $1, id: $0) }.sorted { $0.id < $1.id }, source: file.shown)
    var finder = VideoFinder(root: root)
    var (count, empty) = (0, 0)
    if !rows.takesSeveralLabels {
      rows.numbering = .item
      rows.allowsRepeats = true
    }
    try ListTable.read(source) { (row) throws(CommandError) in
      guard !row["id"].isEmpty else { throw CommandError("there is no id") }
      let folders = ["", "Charades_v1_480", "Charades_v1"]
      let path = finder.find([row["id"]], in: folders)?.path ?? finder.missing(row["id"])
      var labels: [String] = []
      for action in row["actions"].split(separator: ";") {
        let fields = action.split(separator: " ")
        guard fields.count == 3, let start = Double(fields[1]), let end = Double(fields[2]) else {
          throw CommandError(
            "\"\(action)\" is no action; expected a code, start and end, as c092 11.90 21.20")
        }
        guard let name = fields[0].hasPrefix("c") ? Int(fields[0].dropFirst()).flatMap({ names[$0] }) : nil
        else { throw CommandError("there is no class \(fields[0]) in \(file.shown)") }
        if !rows.takesSeveralLabels {
          guard end > start else {
            empty += 1
            continue
          }
          count += 1
          try rows.add(
            ListedVideo(number: count, path: path, span: TimeSpan.between(start, end), labels: [name]))
        } else if !labels.contains(name) {
          labels.append(name)
        }
      }
      if rows.takesSeveralLabels {
        try rows.add(ListedVideo(number: row.line, path: path, span: nil, labels: labels))
      }
    }
    return empty == 0
      ? nil : "\(empty) action\(empty == 1 ? "" : "s") left out, with no time between start and end"
  }

  /// The names of the classes by number.
  private static func classNames(_ file: FilePath) throws(CommandError) -> [Int: String] {
    var names: [Int: String] = [:]
    try ListSource.forEachLine(of: Files.read(file), file.shown) { (line, _) throws(CommandError) in
      let text = try ListFields.texts([Array(ListFields.trim(line))])[0]
      if text.isEmpty { return }
      let parts = text.split(separator: " ", maxSplits: 1)
      guard parts.count == 2, parts[0].hasPrefix("c"), let number = Int(parts[0].dropFirst()) else {
        throw CommandError("expected a code and a name, as c092 Smiling at something")
      }
      names[number] = String(parts[1])
    }
    return names
  }
}
