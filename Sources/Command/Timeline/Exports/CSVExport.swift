/// Segments as a table with a header, a row for each. Lists of `eval` and `adapt` have the same columns, and `path` is
/// relative to the table's folder as they read it.
enum CSVExport {
  static func text(of videos: [VideoTimeline], labels: [String], in folder: FilePath) -> String {
    var text = "path,label,start,end,probability\n"
    for video in videos {
      let path = String(decoding: video.path.relative(to: folder).bytes, as: UTF8.self)
      for (segment, label) in video.labelled {
        text += "\(field(path)),\(field(labels[label])),"
        text += formatted("%.3f,%.3f,%.4f\n", segment.start, segment.end, segment.probability)
      }
    }
    return text
  }

  /// A field in quotation marks where it needs them (RFC 4180). A line break becomes a space, since many readers take
  /// files by lines.
  private static func field(_ text: String) -> String {
    let line = printable(text)
    guard line.contains(where: { ",\"".contains($0) }) || line.first == " " || line.last == " " else {
      return line
    }
    return "\"" + line.replacing("\"", with: "\"\"") + "\""
  }
}
