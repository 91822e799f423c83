import CActionCLIP
import Digest
import FoundationEssentials
import Glibc

/// The videos that a run is given: files, folders that are searched, and the lines of a list.
struct EmbeddedPaths {
  /// Paths, each once, in the order of their bytes.
  private(set) var videos: [FilePath] = []
  /// Folders that could not be searched, and paths that are no text.
  private(set) var failures: [FailedVideo] = []
  /// Files of the folders that were left out, since their names are not videos'.
  private(set) var others = 0
  /// The folders that were given, and the one that a list's paths begin in.
  private(set) var folders: [GivenFolder] = []

  /// - Parameters:
  ///   - root: the folder that a list's paths begin in; nil: the list's own.
  ///   - part: the part of all paths that is wanted; nil: all.
  init(_ paths: [FilePath], list: FilePath?, root: FilePath?, part: PathShard?) throws(CommandError) {
    var found: [FilePath] = []
    for given in paths {
      let isHere = given.plain.bytes.isEmpty && !given.bytes.isEmpty
      let path = isHere ? FilePath(bytes: [UInt8(ascii: ".")]) : given.plain
      guard path.exists else { throw CommandError.system(path.shown, code: ENOENT) }
      if path.isFolder {
        let count = found.count
        try search(path, &found)
        folders.append(GivenFolder(path: path, hasVideos: found.count > count))
      } else {
        found.append(path)
      }
    }
    if let list {
      let root = root ?? (list.isStandardInput ? FilePath(bytes: [UInt8(ascii: ".")]) : list.folder)
      let listed = try EmbeddedPaths.paths(of: list, root: root)
      let hasVideos = listed.contains { root.contains($0.shown) && !$0.isGone }
      folders.append(GivenFolder(path: root, hasVideos: hasVideos))
      found += listed
    }
    let isRead = { (path: FilePath) in part?.has(path) ?? true }
    failures = failures.filter { isRead(FilePath(bytes: Array($0.path.utf8))) }
    for path in found.filter(isRead).sorted(by: { $0.bytes.lexicographicallyPrecedes($1.bytes) })
    where path.bytes != videos.last?.bytes {
      if String(validating: path.bytes, as: UTF8.self) != nil {
        videos.append(path)
      } else {
        failures.append(
          FailedVideo(
            path, Int32(ACTIONCLIP_ERROR_INVALID_UTF8), "\(path.shown): its name is not UTF-8: rename it"))
      }
    }
  }

  /// Adds the videos of a folder and of the folders in it. Links to folders are not followed, so there are no loops.
  private mutating func search(_ folder: FilePath, _ found: inout [FilePath]) throws(CommandError) {
    var folders = [folder]
    while let folder = folders.popLast() {
      do throws(CommandError) {
        for entry in try FolderList.entries(of: folder) {
          var status = stat()
          guard lstat(entry.path.cString, &status) == 0 else { continue }
          if status.st_mode & S_IFMT == S_IFDIR {
            folders.append(entry.path)
          } else if FolderList.isVideo(entry.name) {
            found.append(entry.path)
          } else {
            others += 1
          }
        }
      } catch {
        failures.append(FailedVideo(folder, Int32(ACTIONCLIP_ERROR_FILE_OPEN), error.message))
      }
    }
  }

  /// The paths of a list: one on each line, or an object with "path" where its name ends in .jsonl. A line that begins
  /// with # is a comment.
  private static func paths(of list: FilePath, root: FilePath) throws(CommandError) -> [FilePath] {
    let isInput = list.isStandardInput
    guard isInput || !list.name.hasSuffix(".csv") else {
      throw CommandError("\(list.shown): give a path on each line, without columns, or JSON lines (.jsonl)")
    }
    let bytes = try isInput ? Files.read(STDIN_FILENO, name: "standard input") : Files.read(list)
    let isJSON = [".jsonl", ".ndjson"].contains(where: list.name.hasSuffix)
    var found: [FilePath] = []
    try ListSource.forEachLine(of: bytes, isInput ? "standard input" : list.shown) {
      (line, _) throws(CommandError) in
      let line = ListFields.trim(line)
      guard let first = line.first, isJSON || first != UInt8(ascii: "#") else { return }
      found.append(FilePath(bytes: try isJSON ? path(inObject: line) : Array(line)).plain.inside(root).plain)
    }
    guard !found.isEmpty else { throw CommandError("\(list.shown): there is no path in it") }
    return found
  }

  private struct Entry: Decodable { let path: String }

  private static func path(inObject line: ArraySlice<UInt8>) throws(CommandError) -> [UInt8] {
    guard let entry = try? JSONDecoder().decode(Entry.self, from: Data(line)), !entry.path.utf8.contains(0)
    else {
      throw CommandError("expected an object like {\"path\": \"a.mp4\"}")
    }
    return Array(entry.path.utf8)
  }
}

/// A part of all paths, "2/4" for the third of four: the paths whose SHA-256, its first 8 bytes as a number, leaves 2
/// when it is divided by 4.
struct PathShard {
  let index: UInt64
  let count: UInt64

  /// Reads "0/4"; nil for anything else.
  init?(_ text: String) {
    let parts = text.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 2, let index = UInt64(parts[0]), let count = UInt64(parts[1]), count <= 1 << 20,
      index < count, text == "\(index)/\(count)"
    else { return nil }
    (self.index, self.count) = (index, count)
  }

  var text: String { "\(index)/\(count)" }

  func has(_ path: FilePath) -> Bool {
    let digest = path.bytes.withUnsafeBytes { SHA256.hash(of: $0) }
    return digest.bytes.prefix(8).reduce(0 as UInt64) { $0 << 8 | UInt64($1) } % count == index
  }
}

extension FailedVideo {
  /// A video of whose file nothing is known.
  init(_ path: FilePath, _ status: Int32, _ message: String) {
    self.init(
      path: path.shown, status: String(cString: actionclip_status_name(status)), message: message, size: nil,
      mtimeNs: nil)
  }
}
