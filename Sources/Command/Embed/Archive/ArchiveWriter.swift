import Glibc

/// Appends videos to an archive, so that at any moment the process may be killed, and the next one goes on.
///
/// Rows go to a shard under a temporary name. Once they are on the disk, the lines of their videos are added to
/// videos.jsonl. Once those are there, a full shard gets its name. So whatever stands in videos.jsonl can be found, and
/// rows of which it says nothing are cut off by the next process.
final class ArchiveWriter {
  let manifest: ArchiveManifest
  private let lock: ArchiveLock
  private let folder: ArchiveFolder
  private(set) var index: ArchiveIndex
  private var next: ArchivePlace
  /// The shard that is being written; nil before its first row.
  private var part: ShardPart?
  /// Shards that are full and on the disk, and get their names once their videos are known.
  private var full: [Int] = []
  private let videos: Int32
  /// Lines that are not in videos.jsonl yet.
  private var lines: [UInt8] = []
  private var removes = false
  private var synced = Clock.now

  /// The longest time from one writing to the disk to the next, in nanoseconds: as much work is lost with a process that
  /// is killed.
  private static let longest: Int64 = 5_000_000_000

  /// Goes on with an archive, or begins it, from what a process left that may have been killed.
  /// - Parameter isNew: whether there is no manifest yet.
  init(_ lock: ArchiveLock, _ manifest: ArchiveManifest, isNew: Bool) throws(CommandError) {
    let folder = lock.folder
    (self.lock, self.folder, self.manifest) = (lock, folder, manifest)
    if isNew {
      lock.beginChange()
      try folder.replace(ArchiveFolder.manifest, with: Array((manifest.json.text + "\n").utf8))
    }
    let file = folder.path.file(ArchiveFolder.videos)
    let (known, bytes) = try ArchiveLines.read(file, as: ArchivedVideo.self, isOpen: true)
    index = try ArchiveIndex(folder, manifest, videos: known)
    videos = open(file.cString, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
    guard videos >= 0 else { throw CommandError.system(file.shown) }
    guard ftruncate(videos, off_t(bytes)) == 0 else { throw CommandError.system(file.shown) }
    let end =
      known.map { $0.end(rowsPerShard: manifest.rowsPerShard) }.max() ?? ArchivePlace(shard: 0, row: 0)
    (next, part) = try ArchiveWriter.recover(folder, manifest, end)
    for name in [ArchiveFolder.manifest, ArchiveFolder.failures, ArchiveFolder.removed] {
      try folder.remove(ArchiveFolder.part(name))
    }
    try RowSpool.removeAll(in: folder.path)
    try folder.sync()
  }

  deinit { close(videos) }

  /// Finds where the next row goes, and opens that shard if it has rows already. Removes what no line speaks of.
  private static func recover(
    _ folder: ArchiveFolder, _ manifest: ArchiveManifest, _ end: ArchivePlace
  ) throws(CommandError) -> (ArchivePlace, ShardPart?) {
    for shard in 0..<end.shard where !folder.exists(ArchiveFolder.embeddings(shard)) {
      guard folder.exists(ArchiveFolder.part(ArchiveFolder.embeddings(shard))) else {
        throw CommandError(
          "\(folder.path.file(ArchiveFolder.embeddings(shard)).shown): is missing: remove the archive, and run embed again"
        )
      }
      try ShardPart.commit(shard, in: folder)
    }
    var next = end
    if end.row > 0, folder.exists(ArchiveFolder.embeddings(end.shard)) {
      next = ArchivePlace(shard: end.shard + 1, row: 0)
    }
    let rows = ArchiveFolder.rows(next.shard)
    // The process was killed between the two names of a shard.
    if next.row > 0, folder.exists(rows) { try folder.rename(rows, to: ArchiveFolder.part(rows)) }
    let first = next.shard + (next.row > 0 ? 1 : 0)
    let left = try FolderList.entries(of: folder.path).filter {
      ArchiveFolder.shard(ofFile: $0.name).map { $0 >= first } ?? false
    }
    for (name, path) in left where name.suffix(4) == Array(".npy".utf8)[...] {
      throw CommandError(
        "\(path.shown): \(ArchiveFolder.videos) does not know its videos: remove the archive, and run embed again"
      )
    }
    for (name, _) in left { try folder.remove(String(decoding: name, as: UTF8.self)) }
    return (next, next.row > 0 ? try ShardPart(folder, manifest, shard: next.shard, kept: next.row) : nil)
  }

  /// The place of the next row.
  var place: ArchivePlace { next }

  /// Appends rows of a video, with their lines in meta_NNNN.jsonl.
  func append(_ numbers: ArraySlice<UInt8>, lines: [[UInt8]]) throws(CommandError) {
    lock.beginChange()
    var (numbers, lines) = (numbers, lines[...])
    while !lines.isEmpty {
      let count = min(lines.count, manifest.rowsPerShard - next.row)
      let part = try openPart()
      let bytes = count * manifest.rowBytes
      try part.append(numbers.prefix(bytes), lines: Array(lines.prefix(count).joined()))
      (numbers, lines) = (numbers.dropFirst(bytes), lines.dropFirst(count))
      next = ArchivePlace(shard: next.shard, row: next.row + count)
      guard next.row == manifest.rowsPerShard else { continue }
      try part.end(rows: next.row, manifest)
      try part.sync()
      full.append(part.shard)
      (self.part, next) = (nil, ArchivePlace(shard: next.shard + 1, row: 0))
    }
  }

  /// The shard that is being written, which is begun where there is none.
  private func openPart() throws(CommandError) -> ShardPart {
    if let part { return part }
    let begun = try ShardPart(folder, manifest, shard: next.shard, kept: 0)
    part = begun
    return begun
  }

  /// Adds a video whose rows were appended, or are there already. Rows that the path had before are left out.
  func add(_ video: ArchivedVideo) throws(CommandError) {
    lock.beginChange()
    if index.video(video.path)?.place != video.place { remove(video.path) }
    index.add(video)
    lines += ArchiveLines.text(CollectionOfOne(video.json))
    if !full.isEmpty || Clock.now - synced > ArchiveWriter.longest { try sync() }
  }

  /// Leaves out the rows of a path, if it has any.
  func remove(_ path: String) {
    guard index.remove(path) else { return }
    lock.beginChange()
    removes = true
  }

  /// Leaves out the rows of a path if they are of a content.
  func remove(_ path: String, sha256: String) {
    if index.video(path)?.sha256 == sha256 { remove(path) }
  }

  func add(_ failure: FailedVideo) { index.add(failure) }
  func forget(_ path: String) { index.forget(path) }

  /// Waits until everything is on the disk, and gives full shards their names.
  func sync() throws(CommandError) {
    try part?.sync()
    try folder.sync()
    // Before the new rows are known: killed here, the next process finds them missing, not twice.
    if removes { try folder.replace(ArchiveFolder.removed, with: index.removedText) }
    let name = folder.path.file(ArchiveFolder.videos).shown
    try Files.write(lines[...], to: videos, name: name)
    guard fsync(videos) == 0 else { throw CommandError.system(name) }
    for shard in full { try ShardPart.commit(shard, in: folder) }
    try folder.sync()
    (lines, removes, full) = ([], false, [])
    synced = Clock.now
  }

  /// Writes the list of failures.
  func writeFailures() throws(CommandError) {
    try folder.replace(ArchiveFolder.failures, with: index.failuresText)
  }

  /// Ends the last shard, which may have fewer rows than others, and the work on the archive.
  func finish() throws(CommandError) {
    try sync()
    if let part {
      try part.end(rows: next.row, manifest)
      try part.sync()
      try ShardPart.commit(part.shard, in: folder)
      (self.part, next) = (nil, ArchivePlace(shard: next.shard + 1, row: 0))
    }
    try writeFailures()
    try lock.finish()
  }
}
