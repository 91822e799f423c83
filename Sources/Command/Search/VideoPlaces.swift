import Glibc

/// Finds the files of an archive's videos. A file of another size than the archived one is another video.
struct VideoPlaces {
  private let archive: FilePath
  /// The folder that relative paths begin in; nil: the current one, else the archive's.
  private let root: FilePath?
  /// The size in bytes of each video that was asked for and that videos.jsonl tells of, by path.
  private let sizes: [[UInt8]: Int64]

  /// - Parameter paths: the paths that files will be asked for.
  init(_ archive: FilePath, root: FilePath?, paths: [FilePath]) {
    (self.archive, self.root) = (archive, root)
    sizes = VideoPlaces.sizes(of: paths, in: archive.file(ArchiveFolder.videos))
  }

  /// The file of an archived path, and whether it is there. The archive's own path where it is not.
  func file(of path: FilePath) -> (file: FilePath, isHere: Bool) {
    let places = root.map { [path.inside($0)] } ?? [path, path.inside(Files.resolved(archive).folder)]
    if let found = places.first(where: { isVideo($0, path) }) { return (found, true) }
    return (places[0], false)
  }

  private func isVideo(_ file: FilePath, _ path: FilePath) -> Bool {
    var status = stat()
    guard stat(file.cString, &status) == 0 else { return false }
    return sizes[path.bytes].map { $0 == Int64(status.st_size) } ?? true
  }

  /// The sizes in the last lines of some paths. Lines of other paths are not parsed, and a line in another form tells
  /// nothing.
  private static func sizes(of paths: [FilePath], in file: FilePath) -> [[UInt8]: Int64] {
    guard let bytes = try? Files.read(file) else { return [:] }
    let wanted = Dictionary(
      paths.map { (Array(JSONValue.string(String(decoding: $0.bytes, as: UTF8.self)).text.utf8), $0.bytes) },
      uniquingKeysWith: { one, _ in one })
    let start = Array("{\"path\":".utf8)
    var sizes: [[UInt8]: Int64] = [:]
    for line in bytes.split(separator: 0x0A) where line.starts(with: start) {
      guard let path = wanted[text(line.dropFirst(start.count))],
        let video = try? ArchiveLines.value(line, as: ArchivedVideo.self)
      else { continue }
      sizes[path] = video.size
    }
    return sizes
  }

  /// The JSON string that some text begins with, with its quotation marks.
  private static func text(_ line: ArraySlice<UInt8>) -> [UInt8] {
    var (place, isEscaped) = (line.startIndex + 1, false)
    while place < line.endIndex, isEscaped || line[place] != UInt8(ascii: "\"") {
      isEscaped = !isEscaped && line[place] == UInt8(ascii: "\\")
      place += 1
    }
    return Array(line[..<min(place + 1, line.endIndex)])
  }
}
