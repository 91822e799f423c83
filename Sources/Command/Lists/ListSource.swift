/// A list that was opened, and its form.
struct ListSource {
  enum Form {
    case text, jsonLines, folders
    case kinetics, ucf, hmdb, charades
    /// One JSON value, ActivityNet's or Something-Something's.
    case json
  }

  let path: FilePath
  let form: Form
  /// The list's content; nil for a folder.
  let bytes: [UInt8]?

  /// Tells a list's form: a folder by what is in it, a file by its name and its first row.
  init(_ path: FilePath) throws(CommandError) {
    self.path = path
    if path.isFolder {
      form = HMDBList.isFolder(try FolderList.entries(of: path).map(\.name)) ? .hmdb : .folders
      bytes = nil
      return
    }
    let bytes = try Files.read(path)
    self.bytes = bytes
    if [".jsonl", ".ndjson"].contains(where: path.name.hasSuffix) {
      form = .jsonLines
    } else if path.name.hasSuffix(".json") {
      form = .json
    } else if UCFList.part(of: path) != nil {
      form = .ucf
    } else {
      let first =
        Files.lines(of: bytes).first.flatMap { ListFields.split(ListFields.trim($0), at: .comma) } ?? []
      let names = first.map { String(decoding: $0, as: UTF8.self).lowercased() }
      form = KineticsList.isHeader(names) ? .kinetics : CharadesList.isHeader(names) ? .charades : .text
    }
  }

  /// Whether the list names its classes; otherwise they are asked for, or are the model's own.
  var namesClasses: Bool { form != .text && form != .jsonLines }

  /// The folder that paths begin in, unless another is asked for.
  var defaultRoot: FilePath {
    switch form {
    case .folders: path
    case .hmdb: path.isNameless ? path.file("..") : path.folder
    default: path.folder
    }
  }

  /// Calls `body` with each line of the list, and names the line in its errors.
  func forEachLine(_ body: (ArraySlice<UInt8>, _ number: Int) throws(CommandError) -> Void)
    throws(CommandError)
  {
    try ListSource.forEachLine(of: bytes ?? [], path.shown, body)
  }

  /// Calls `body` with each line of a file, and names the line in its errors.
  static func forEachLine(
    of bytes: [UInt8], _ file: String, _ body: (ArraySlice<UInt8>, _ number: Int) throws(CommandError) -> Void
  ) throws(CommandError) {
    for (index, line) in Files.lines(of: bytes).enumerated() {
      do throws(CommandError) { try body(line, index + 1) } catch {
        throw CommandError("\(file): line \(index + 1): \(error.message)")
      }
    }
  }
}
