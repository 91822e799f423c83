import Glibc

/// The paths that videos were moved from. A run that finds a known content under a new path asks which of the content's
/// other paths in the archive are gone. There may be several: a file may have been moved twice, or have had a copy.
struct FormerPaths {
  /// The paths that had rows when the run began, by the SHA-256 of the content.
  private var paths: [String: [String]]

  init(_ index: ArchiveIndex) {
    paths = Dictionary(grouping: index.presentVideos, by: \.sha256).mapValues { $0.map(\.path) }
  }

  /// The paths of a content at which there is nothing now. They are told once in a run, so that many equal files are
  /// not looked for again and again.
  mutating func takeGone(sha256: String) -> [String] {
    (paths.removeValue(forKey: sha256) ?? []).filter { FilePath(bytes: Array($0.utf8)).isGone }
  }
}

extension FilePath {
  /// Whether there is nothing at the path, not even a link.
  var isGone: Bool {
    var status = stat()
    return lstat(cString, &status) != 0 && (errno == ENOENT || errno == ENOTDIR)
  }
}
