/// Reads UCF-101's lists, trainlist01.txt to testlist03.txt: a row is CLASS/VIDEO.avi, in training lists with the
/// class's id. classInd.txt beside them has the ids, from 1.
enum UCFList {
  private static let classFile = "classInd.txt"

  /// The part that a list's name tells; nil if it is none of UCF-101's.
  static func part(of list: FilePath) -> Split.Part? {
    let name = list.name
    guard name.wholeMatch(of: /(train|test)list\d\d\.txt/) != nil, list.folder.file(classFile).exists else {
      return nil
    }
    return Split.Part(name: name)
  }

  static func read(_ source: ListSource, root: FilePath, into rows: inout VideoRows) throws(CommandError) {
    let file = source.path.folder.file(classFile)
    var classes: [LabelList.Entry] = []
    try ListSource.forEachLine(of: Files.read(file), file.shown) { (line, _) throws(CommandError) in
      let fields = try ListFields.texts(ListFields.split(line, at: .space) ?? [])
      if fields.isEmpty { return }
      guard fields.count == 2, let id = Int(fields[0]) else {
        throw CommandError("expected an id and a name")
      }
      classes.append(LabelList.Entry(label: fields[1], id: id))
    }
    rows.words = words
    try rows.declare(classes, source: file.shown)
    try source.forEachLine { (line, number) throws(CommandError) in
      guard let fields = ListFields.split(ListFields.trim(line), at: .space), let path = fields.first else {
        return
      }
      let name = try ListFields.texts([Array(path.prefix { $0 != UInt8(ascii: "/") })])[0]
      guard fields.count <= 2, let entry = classes.first(where: { $0.label == name }) else {
        throw CommandError("expected CLASS/VIDEO with a class of \(file.shown)")
      }
      if fields.count == 2, try ListFields.texts(fields)[1] != String(entry.id) {
        throw CommandError("the id is not that of \(name) in \(file.shown), which is \(entry.id)")
      }
      guard rows.takes(part(of: source.path), label: name) else { return }
      try rows.add(
        ListedVideo(
          number: number, path: VideoFinder.orFrames(FilePath(bytes: path), in: root), span: nil,
          labels: [name]))
    }
  }

  /// "ApplyEyeMakeup" as "apply eye makeup".
  private static func words(_ name: String) -> String {
    name.replacing(/([a-z])([A-Z])/) { "\($0.1) \($0.2)" }.lowercased()
  }
}
