/// Parts of videos, from a CSV file whose header names the columns: `start` and `end` in seconds, and `path` and
/// `label` where they are wanted. Paths begin in the file's folder.
struct SegmentList {
  struct Segment {
    let path: FilePath?
    let span: TimeSpan
    let label: String?

    /// This segment as a part of `video`, where the file names no videos.
    func of(_ video: FilePath) -> Segment { Segment(path: video, span: span, label: label) }
  }

  let segments: [Segment]
  /// Whether the file has a column of paths.
  let namesVideos: Bool

  init(_ file: FilePath, needsLabels: Bool = false) throws(CommandError) {
    var names: [String] = []
    var segments: [Segment] = []
    var columns = Columns()
    try ListSource.forEachLine(of: Files.read(file), file.shown) { (line, _) throws(CommandError) in
      let text = ListFields.trim(line)
      if text.isEmpty { return }
      guard let fields = ListFields.split(text, at: .comma) else {
        throw CommandError("its quotation marks are not as in CSV: a field in them, each of its own doubled")
      }
      if names.isEmpty {
        names = try ListFields.texts(fields).map { $0.lowercased() }
        columns = try Columns(names, needsLabels: needsLabels)
        return
      }
      guard fields.count == names.count else {
        throw CommandError("it has \(fields.count) fields and the header has \(names.count)")
      }
      segments.append(try columns.segment(fields, in: file.folder))
    }
    guard !segments.isEmpty else {
      throw CommandError(
        "\(file.shown): has no segment: after a header like start,end there is a line for each")
    }
    self.segments = segments
    namesVideos = columns.path != nil
  }

  private struct Columns {
    private(set) var path: Int?
    private var start: Int?
    private var end: Int?
    private var label: Int?

    init() {}

    init(_ names: [String], needsLabels: Bool) throws(CommandError) {
      func column(_ known: [String]) -> Int? { names.firstIndex(where: known.contains) }
      path = column(ListHeader.pathNames)
      start = column(ListHeader.startNames)
      end = column(ListHeader.endNames)
      label = column(ListHeader.labelNames)
      guard start != nil, end != nil, label != nil || !needsLabels else {
        let wanted = needsLabels ? "start, end and label" : "start and end"
        throw CommandError("the header has no columns \(wanted); it begins a file like path,start,end,label")
      }
    }

    func segment(_ fields: [[UInt8]], in folder: FilePath) throws(CommandError) -> Segment {
      func seconds(_ column: Int?, _ name: String) throws(CommandError) -> Double? {
        guard let column, !fields[column].isEmpty else { return nil }
        return try ListFields.seconds(fields[column], name)
      }
      let span = try TimeSpan.between(seconds(start, "start") ?? 0, seconds(end, "end"))
      let name = path.map { fields[$0] }
      if let name, name.isEmpty { throw CommandError("there is no path") }
      return Segment(
        path: name.map { FilePath(bytes: $0).inside(folder) },
        span: span ?? TimeSpan(start: 0, end: .infinity),
        label: try label.map { (label) throws(CommandError) in try ListFields.texts([fields[label]])[0] })
    }
  }
}
