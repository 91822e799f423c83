/// The videos of a list and the classes that each one shows: the one reader of lists for all commands. docs/LISTS.md
/// has the forms. A list that can be read in two ways is an error.
struct VideoList {
  struct Row {
    /// The line in the list, or the position among its videos, counted from 1.
    let number: Int
    let path: FilePath
    /// The part of the video that is meant; nil for all of it.
    let span: TimeSpan?
    /// The frames that are meant, if the video is a folder of them; nil for all.
    var frames: ListedFrames?
    /// Indices into the classes, ascending.
    let classes: [Int]

    /// The path and the part, for messages.
    var shown: String { span.map { "\(path.shown) \($0.shown)" } ?? path.shown }

    /// The members of a JSON object that tell the row from others.
    func members(_ numbering: Numbering) -> [JSONValue.Member] {
      [
        .init(key: numbering.rawValue, value: .int(Int64(number))),
        .init(key: "path", value: .string(path.shown)),
      ] + (span?.members ?? [])
    }
  }

  /// The numbers that rows are known by in messages and results.
  enum Numbering: String {
    case line, item
  }

  let rows: [Row]
  let classes: ClassList
  let numbering: Numbering
  /// The folder that the rows' paths begin in.
  let root: FilePath
  /// A hash of the list, which tells it from other lists.
  let fingerprint: String
  /// A line on what was left out; nil if nothing was.
  let note: String?

  /// Reads a list.
  /// - Parameters:
  ///   - classes: the classes that labels are looked for in; nil: those of the list itself.
  ///   - extends: whether labels of the list that `classes` lack become classes after them.
  ///   - separator: the separator of a text list's fields; nil: as in the first row.
  ///   - columns: names of a text list's columns, with commas between; nil: as in the first row.
  ///   - multiLabel: a row has any number of labels; otherwise exactly one.
  ///   - split: the part of the data set to read; nil: all, which is an error if there are several.
  ///   - root: the folder that paths begin in; nil: the form's usual one.
  init(
    _ source: ListSource, classes: ClassList?, extends: Bool = false, separator: ListFields.Separator?,
    columns: String? = nil, multiLabel: Bool, split: Split?, root: FilePath?
  ) throws(CommandError) {
    let shown = source.path.shown
    if let split, split.number != nil, source.form != .hmdb {
      throw CommandError("\(shown): it has no numbered splits: give --split \(split.part.rawValue)")
    }
    if columns != nil, source.form != .text {
      throw CommandError("\(shown): --columns is for rows of text, and its form has its own")
    }
    self.root = root ?? source.defaultRoot
    var rows = VideoRows(classes: classes, extends: extends, multiLabel: multiLabel, split: split)
    var left: String?
    switch source.form {
    case .text: try TextList.read(source, separator, columns: columns, into: &rows)
    case .jsonLines: try JSONLinesList.read(source, into: &rows)
    case .folders: left = try FolderList.read(source, into: &rows)
    case .kinetics: try KineticsList.read(source, root: self.root, into: &rows)
    case .ucf: try UCFList.read(source, root: self.root, into: &rows)
    case .hmdb: try HMDBList.read(source, split, root: self.root, into: &rows)
    case .charades: left = try CharadesList.read(source, root: self.root, into: &rows)
    case .json: left = try JSONLists.read(source, root: self.root, into: &rows)
    }
    self.classes = try rows.finish(source: shown)
    self.rows = rows.rows
    numbering = rows.numbering
    note = left.map { "\(shown): \($0)" }
    guard !self.rows.isEmpty else { throw CommandError("\(shown): there is no video in it") }
    fingerprint =
      source.bytes.map(Fingerprint.of) ?? Fingerprint.of(self.rows.map { "\($0.shown) \($0.classes)" })
  }
}
