/// Reads Kinetics' annotation files: CSV with the columns label, youtube_id, time_start, time_end and split.
///
/// A video is the file ID_START_END with six digits for each time, as it is distributed, in the root, in a folder named
/// after the split or the label, or in both; or the part of the whole video ID.
enum KineticsList {
  static func isHeader(_ names: [String]) -> Bool { names.contains("label") && names.contains("youtube_id") }

  static func read(_ source: ListSource, root: FilePath, into rows: inout VideoRows) throws(CommandError) {
    var finder = VideoFinder(root: root)
    try ListTable.read(source) { (row) throws(CommandError) in
      let (id, label, split) = (row["youtube_id"], row["label"], row["split"])
      guard !id.isEmpty else { throw CommandError("there is no youtube_id") }
      guard !label.isEmpty else { throw CommandError("there is no label; test files of Kinetics have none") }
      guard let span = try TimeSpan.between(row.seconds("time_start"), row.seconds("time_end")) else {
        return
      }
      let part = Split.Part(name: split)
      guard rows.takes(part, label: label) else { return }
      let cut = "\(id)_\(digits(span.start))_\(digits(span.end))"
      let found = finder.find([cut, id], in: ["", split, label, "\(split)/\(label)"])
      try rows.add(
        ListedVideo(
          number: row.line, path: found?.path ?? finder.missing(cut),
          span: found?.name == 1 ? span : nil, labels: [label]))
    }
  }

  private static func digits(_ seconds: Double) -> String {
    let text = formatted("%.0f", seconds.rounded(.down))
    return String(repeating: "0", count: max(0, 6 - text.count)) + text
  }
}
