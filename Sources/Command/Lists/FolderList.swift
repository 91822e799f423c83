import Glibc

/// Reads a folder of folders: each is named after a class and holds its videos, which may be folders of frames.
enum FolderList {
  /// Ends of the names of video files.
  private static let extensions = [
    "mp4", "m4v", "mov", "mkv", "webm", "avi", "mpg", "mpeg", "m2ts", "mts", "ts", "wmv", "flv", "3gp", "ogv",
  ]

  /// - Returns: a line on the files that are no videos; nil if there are none.
  static func read(_ source: ListSource, into rows: inout VideoRows) throws(CommandError) -> String? {
    var videos: [(label: String, path: FilePath)] = []
    var classes: [String] = []
    var others = 0
    for entry in try entries(of: source.path) {
      guard entry.path.isFolder else {
        if isVideo(entry.name) {
          throw CommandError(
            "\(entry.path.shown): a video must be in a folder that is named after its label")
        }
        others += 1
        continue
      }
      guard let label = String(validating: entry.name, as: UTF8.self) else {
        throw CommandError("\(entry.path.shown): the folder's name, which is a label, is not UTF-8")
      }
      classes.append(label)
      for file in try entries(of: entry.path) {
        if file.path.isFolder, try !hasFrames(file.path) {
          throw CommandError(
            "\(file.path.shown): a folder in a label's folder, without frames such as img_00001.jpg; move its videos "
              + "up, or write a list with their paths"
          )
        }
        guard isVideo(file.name) || file.path.isFolder else {
          others += 1
          continue
        }
        videos.append((label, FilePath(bytes: entry.name + [UInt8(ascii: "/")] + file.name)))
      }
    }
    rows.numbering = .item
    rows.words = words
    try rows.declare(classes.enumerated().map { .init(label: $1, id: $0) }, source: source.path.shown)
    for (index, video) in videos.enumerated() {
      do throws(CommandError) {
        try rows.add(ListedVideo(number: index + 1, path: video.path, span: nil, labels: [video.label]))
      } catch { throw CommandError("\(source.path.shown): \(video.path.shown): \(error.message)") }
    }
    switch others {
    case 0: return nil
    case 1: return "1 file left out: its name is not a video's"
    default: return "\(others) files left out: their names are not videos'"
    }
  }

  /// Whether a folder holds extracted frames.
  private static func hasFrames(_ folder: FilePath) throws(CommandError) -> Bool {
    try entries(of: folder).contains {
      [".jpg", ".jpeg", ".png"].contains(where: ending(of: $0.name).hasSuffix)
    }
  }

  /// The end of a name in lower case.
  private static func ending(of name: [UInt8]) -> String {
    String(decoding: name.suffix(8), as: UTF8.self).lowercased()
  }

  /// "brush_hair" as "brush hair".
  static func words(_ name: String) -> String { String(name.map { $0 == "_" ? " " : $0 }) }

  /// Whether a file's name ends as videos' do.
  static func isVideo(_ name: [UInt8]) -> Bool {
    let end = ending(of: name)
    return extensions.contains { end.hasSuffix("." + $0) }
  }

  /// The entries of a folder in the order of their names' bytes, without hidden ones.
  static func entries(of folder: FilePath) throws(CommandError) -> [(name: [UInt8], path: FilePath)] {
    guard let stream = opendir(folder.cString) else { throw CommandError.system(folder.shown) }
    defer { closedir(stream) }
    var names: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw CommandError.system(folder.shown) }
        break
      }
      // In place: the system's entry ends with its name, and a copy of the struct would read beyond it.
      let name = withUnsafeBytes(of: &entry.pointee.d_name) { Array($0.prefix { $0 != 0 }) }
      if name.first != UInt8(ascii: ".") { names.append(name) }
    }
    return names.sorted { $0.lexicographicallyPrecedes($1) }.map { ($0, FilePath(bytes: $0).inside(folder)) }
  }
}
