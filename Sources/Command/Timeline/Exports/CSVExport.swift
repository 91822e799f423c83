/// Segments as a table with a header, a row for each. Lists of `eval` and `adapt` have the same columns, and `path` is
/// relative to the table's folder as they read it.
enum CSVExport {
  static func text(of videos: [VideoTimeline], labels: [String], in folder: FilePath) -> String {
    var text = "path,label,start,end,probability\n"
    for video in videos {
      let path = String(decoding: video.path.relative(to: folder).bytes, as: UTF8.self)
      for (segment, label) in video.labelled {
        text += "\(CSVField.exact(path)),\(CSVField.quoted(labels[label])),"
        text += formatted("%.3f,%.3f,%.4f\n", segment.start, segment.end, segment.probability)
      }
    }
    return text
  }
}
