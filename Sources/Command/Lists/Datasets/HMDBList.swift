/// Reads HMDB-51's folder of splits: CLASS_test_split1.txt has a class's videos, each with 1 for training, 2 for test
/// or 0 for neither. The videos are CLASS/VIDEO.
enum HMDBList {
  static func isFolder(_ names: [[UInt8]]) -> Bool { names.contains { className($0, division: nil) != nil } }

  static func read(
    _ source: ListSource, _ split: Split?, root: FilePath, into rows: inout VideoRows
  ) throws(CommandError) {
    let division = split?.number ?? 1
    var files: [(label: String, path: FilePath)] = []
    for entry in try FolderList.entries(of: source.path) {
      if let name = className(entry.name, division: division) { files.append((name, entry.path)) }
    }
    guard !files.isEmpty else {
      throw CommandError("\(source.path.shown): there are no files CLASS_test_split\(division).txt in it")
    }
    rows.numbering = .item
    rows.words = FolderList.words
    try rows.declare(
      files.enumerated().map { .init(label: $1.label, id: $0) }, source: source.path.shown)
    var count = 0
    for (label, file) in files {
      try ListSource.forEachLine(of: Files.read(file), file.shown) { (line, _) throws(CommandError) in
        let fields = ListFields.trim(line).split(separator: UInt8(ascii: " "))
        if fields.isEmpty { return }
        guard fields.count == 2,
          let use = ["0", "1", "2"].firstIndex(where: { fields[1].elementsEqual($0.utf8) })
        else { throw CommandError("expected a video and 0, 1 or 2") }
        guard use > 0, rows.takes(use == 1 ? .train : .test, label: label) else { return }
        count += 1
        let file = FilePath(bytes: Array(label.utf8) + [UInt8(ascii: "/")] + fields[0])
        let path = VideoFinder.orFrames(file, in: root)
        try rows.add(ListedVideo(number: count, path: path, span: nil, labels: [label]))
      }
    }
  }

  /// The class whose file has this name; nil if it is none, or one of another division.
  private static func className(_ name: [UInt8], division: Int?) -> String? {
    guard let text = String(validating: name, as: UTF8.self),
      let match = text.wholeMatch(of: /(.+)_test_split(\d)\.txt/)
    else { return nil }
    return division.map { String($0) == match.2 } ?? true ? String(match.1) : nil
  }
}
