/// Finds the file of a video that a list names by an id alone: in one of some folders, with the ending of a usual
/// format; without one, a folder of its frames.
struct VideoFinder {
  private static let endings = [".mp4", ".mkv", ".webm", ".avi", ""]
  private let root: FilePath
  /// The folder and the ending of the video found last: the next one usually has the same.
  private var last = (folder: 0, ending: 0)

  init(root: FilePath) { self.root = root }

  /// The path of the first of `names` that exists, relative to the root; nil if none does.
  /// - Parameter folders: paths relative to the root, "" for the root, as many in every call.
  mutating func find(_ names: [String], in folders: [String]) -> (path: FilePath, name: Int)? {
    for (index, name) in names.enumerated() {
      if let path = exists(name, folders[last.folder], last.ending) { return (path, index) }
      for folder in folders.indices {
        for ending in VideoFinder.endings.indices {
          if let path = exists(name, folders[folder], ending) {
            last = (folder, ending)
            return (path, index)
          }
        }
      }
    }
    return nil
  }

  /// The path that stands for a video that does not exist, and is reported when it is read.
  func missing(_ name: String) -> FilePath { VideoFinder.path(name, "", 0) }

  private func exists(_ name: String, _ folder: String, _ ending: Int) -> FilePath? {
    let path = VideoFinder.path(name, folder, ending)
    let place = path.inside(root)
    return place.exists && (!VideoFinder.endings[ending].isEmpty || place.isFolder) ? path : nil
  }

  /// The path of a video that a list names with its ending: of the folder of its frames, CLASS/VIDEO for
  /// CLASS/VIDEO.avi, where there is one and no file.
  static func orFrames(_ path: FilePath, in root: FilePath) -> FilePath {
    guard !path.inside(root).exists, !path.suffix.isEmpty else { return path }
    let folder = FilePath(bytes: path.bytes.dropLast(path.suffix.utf8.count + 1))
    return folder.inside(root).isFolder ? folder : path
  }

  private static func path(_ name: String, _ folder: String, _ ending: Int) -> FilePath {
    FilePath(bytes: Array((folder.isEmpty ? "" : folder + "/").utf8) + Array((name + endings[ending]).utf8))
  }
}
