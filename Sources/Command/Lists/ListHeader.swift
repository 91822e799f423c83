/// The first row of a text list, where it names the columns.
struct ListHeader {
  /// Names that lists have for a video's path, its label, and the times at which a part of it begins and ends.
  static let pathNames = ["path", "video", "file"]
  static let labelNames = ["label", "labels", "action", "class"]
  static let startNames = ["start", "t_start", "time_start", "start_time"]
  static let endNames = ["end", "t_end", "time_end", "end_time"]
  /// Names of the number of frames in a folder of them, and of the place of the first, from 0.
  static let frameNames = ["frames", "num_frames", "total_frames"]
  static let offsetNames = ["offset", "start_frame"]

  /// The line of the header; nil for one that was given beside the list.
  private let line: Int?
  private let names: [String]
  private let path: Int
  private let label: Int
  private let start: Int?
  private let end: Int?
  private let frames: Int?
  private let offset: Int?

  /// The header in `fields`; nil if they are a video's.
  init?(_ fields: [[UInt8]], line: Int?) {
    let names = fields.map { String(decoding: $0, as: UTF8.self).lowercased() }
    func column(_ known: [String]) -> Int? { names.firstIndex(where: known.contains) }
    guard let path = column(ListHeader.pathNames), let label = column(ListHeader.labelNames) else {
      return nil
    }
    self.line = line
    self.names = names
    self.path = path
    self.label = label
    start = column(ListHeader.startNames)
    end = column(ListHeader.endNames)
    frames = column(ListHeader.frameNames)
    offset = column(ListHeader.offsetNames)
    // Else a video that is called "video" and shows the class "action" would be taken for a header.
    guard start != nil || end != nil || frames != nil || names[path] == "path" else { return nil }
  }

  /// Whether the columns are those of a list without a header.
  func isPlain(multiLabel: Bool) -> Bool {
    [["path", "label"], ["path", "labels"]].contains(names)
      || !multiLabel && names == ["path", "frames", "label"]
  }

  /// The video of a row. A last column of labels takes all further fields, if there may be several labels.
  func video(_ fields: [[UInt8]], line: Int, multiLabel: Bool) throws(CommandError) -> ListedVideo {
    let isOpen = multiLabel && label == names.count - 1
    guard fields.count == names.count || (isOpen && fields.count >= names.count - 1) else {
      throw CommandError(
        "it has \(fields.count) fields and \(self.line.map { "the header on line \($0)" } ?? "--columns") has \(names.count)"
          + (multiLabel
            ? "; a column of several labels must be the last" : "; several labels need --multi-label"))
    }
    guard !fields[path].isEmpty else { throw CommandError("there is no path") }
    let labels = (isOpen ? fields.dropFirst(label) : fields[label...label]).filter { !$0.isEmpty }
    if !multiLabel, labels.isEmpty { throw CommandError("there is no label") }
    return ListedVideo(
      number: line, path: FilePath(bytes: fields[path]),
      span: try .between(seconds(fields, start, "start"), seconds(fields, end, "end")),
      frames: try .stated(number(fields, frames), from: number(fields, offset)),
      labels: try ListFields.texts(labels))
  }

  /// The whole number in a column; nil if there is no such column or nothing in it.
  private func number(_ fields: [[UInt8]], _ column: Int?) throws(CommandError) -> Int? {
    guard let column, !fields[column].isEmpty else { return nil }
    guard let number = Int(String(decoding: fields[column], as: UTF8.self)) else {
      throw CommandError(
        "\(names[column]) is \(FilePath(bytes: fields[column]).shown); expected a whole number")
    }
    return number
  }

  /// The number in a column; nil if there is no such column or nothing in it.
  private func seconds(_ fields: [[UInt8]], _ column: Int?, _ name: String) throws(CommandError) -> Double? {
    guard let column, !fields[column].isEmpty else { return nil }
    return try ListFields.seconds(fields[column], name)
  }
}
