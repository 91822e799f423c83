import Glibc

/// The videos that an archive has, as its files say, and which of their rows are removed.
struct ArchiveIndex {
  /// All lines of videos.jsonl.
  private(set) var videos: [ArchivedVideo]
  /// For each path the place in `videos` of its present rows.
  private var present: [String: Int] = [:]
  /// For each SHA-256 the place in `videos` of rows that were made from such a file.
  private let byHash: [String: Int]
  private var removedRows: Set<RemovedRows>
  /// The videos that could not be embedded, by path.
  private var failed: [String: FailedVideo]
  private let rowsPerShard: Int

  /// - Parameter videos: the lines of videos.jsonl, whose rows are in the archive.
  init(_ folder: ArchiveFolder, _ manifest: ArchiveManifest, videos: [ArchivedVideo]) throws(CommandError) {
    if let wrong = videos.firstIndex(where: { !$0.fits(rowsPerShard: manifest.rowsPerShard) }) {
      throw CommandError(
        "\(folder.path.file(ArchiveFolder.videos).shown): line \(wrong + 1) does not fit \(ArchiveFolder.manifest): "
          + "take the file from a backup, or remove the archive, and run embed again")
    }
    self.videos = videos
    rowsPerShard = manifest.rowsPerShard
    removedRows = Set(
      try ArchiveLines.read(folder.path.file(ArchiveFolder.removed), as: RemovedRows.self).values)
    let failures = try ArchiveLines.read(folder.path.file(ArchiveFolder.failures), as: FailedVideo.self)
      .values
    failed = Dictionary(failures.map { ($0.path, $0) }) { $1 }
    byHash = Dictionary(videos.enumerated().map { ($1.sha256, $0) }) { first, _ in first }
    for (number, video) in videos.enumerated() where !isRemoved(video) { present[video.path] = number }
  }

  private func isRemoved(_ video: ArchivedVideo) -> Bool {
    removed(video).first.map(removedRows.contains) ?? false
  }

  private func removed(_ video: ArchivedVideo) -> [RemovedRows] {
    video.pieces(rowsPerShard: rowsPerShard).map {
      RemovedRows(path: video.path, shard: $0.shard, row: $0.rows.lowerBound, rows: $0.rows.count)
    }
  }

  /// The present rows of a path; nil if it has none.
  func video(_ path: String) -> ArchivedVideo? { present[path].map { videos[$0] } }

  /// Rows that were made from a file of this content, under whatever path; nil if there are none.
  func video(sha256: String) -> ArchivedVideo? { byHash[sha256].map { videos[$0] } }

  func failure(_ path: String) -> FailedVideo? { failed[path] }

  /// The videos with present rows, in the order in which they were written.
  var presentVideos: [ArchivedVideo] {
    videos.enumerated().filter { present[$1.path] == $0 }.map(\.element)
  }

  /// Takes a new line of videos.jsonl. Its path has no other rows.
  mutating func add(_ video: ArchivedVideo) {
    present[video.path] = videos.count
    videos.append(video)
    failed[video.path] = nil
  }

  /// Leaves out the rows of a path. False if it has none.
  mutating func remove(_ path: String) -> Bool {
    guard let number = present.removeValue(forKey: path) else { return false }
    removedRows.formUnion(removed(videos[number]))
    return true
  }

  mutating func add(_ failure: FailedVideo) { failed[failure.path] = failure }

  /// Forgets that a path failed.
  mutating func forget(_ path: String) { failed[path] = nil }

  /// The paths that failed, ascending.
  var failedPaths: [String] { failed.keys.sorted(by: ArchiveIndex.isBefore) }

  /// The text of failures.jsonl: by path.
  var failuresText: [UInt8] { ArchiveLines.text(failedPaths.compactMap { failed[$0]?.json }) }

  /// The text of removed.jsonl: by place.
  var removedText: [UInt8] {
    ArchiveLines.text(removedRows.sorted { ($0.shard, $0.row) < ($1.shard, $1.row) }.map(\.json))
  }

  /// Whether a path stands before another in an archive: by bytes.
  static func isBefore(_ one: String, _ other: String) -> Bool {
    one.utf8.lexicographicallyPrecedes(other.utf8)
  }
}
