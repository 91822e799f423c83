import Digest

/// Copies the videos of archives into one.
struct ArchiveMerge {
  private let target: ArchiveFolder
  private let parts: [Part]
  private let manifest: ArchiveManifest

  private struct Part {
    let folder: ArchiveFolder
    let manifest: ArchiveManifest
    let index: ArchiveIndex
  }

  /// Reads the archives, and checks that they go together.
  init(_ archives: [FilePath], into target: ArchiveFolder) throws(CommandError) {
    self.target = target
    var parts: [Part] = []
    for path in archives {
      guard Files.resolved(path).bytes != Files.resolved(target.path).bytes else {
        throw CommandError("\(path.shown): is the archive to make, and cannot be joined with itself")
      }
      parts.append(try ArchiveMerge.read(path))
    }
    guard let first = parts.first else { throw CommandError("give archives to join") }
    for part in parts.dropFirst() {
      if let (name, own, other) = first.manifest.difference(from: part.manifest) {
        throw CommandError(
          "\(part.folder.path.shown): has another \(name), \(other), than \(first.folder.path.shown), \(own)")
      }
    }
    try ArchiveMerge.requireAllShards(parts)
    self.parts = parts
    var manifest = first.manifest
    manifest.shard = nil
    self.manifest = manifest
  }

  private static func read(_ path: FilePath) throws(CommandError) -> Part {
    let folder = ArchiveFolder(path: path)
    guard let manifest = try folder.readManifest() else {
      throw CommandError("\(path.shown): is no archive: there is no \(ArchiveFolder.manifest) in it")
    }
    try requireFinished(folder)
    let videos = try ArchiveLines.read(path.file(ArchiveFolder.videos), as: ArchivedVideo.self).values
    let index = try ArchiveIndex(folder, manifest, videos: videos)
    // Again, as another process may have begun meanwhile. From here on it changes nothing that is copied.
    try requireFinished(folder)
    return Part(folder: folder, manifest: manifest, index: index)
  }

  private static func requireFinished(_ folder: ArchiveFolder) throws(CommandError) {
    guard !folder.exists(ArchiveFolder.unfinished) else {
      throw CommandError("\(folder.path.shown): is not finished: run actionclip embed again until it ends")
    }
  }

  /// Refuses some parts of a list without the others.
  private static func requireAllShards(_ parts: [Part]) throws(CommandError) {
    let shards = parts.compactMap { part in part.manifest.shard.flatMap(PathShard.init) }
    guard let count = shards.first?.count else { return }
    for shard in shards where shard.count != count {
      throw CommandError(
        "parts \(shards[0].text) and \(shard.text) are not of one division: join each division alone")
    }
    let there = Set(shards.map(\.index))
    for index in 0..<count where !there.contains(index) {
      throw CommandError("the part \(index)/\(count) is not among the archives: give it too")
    }
  }

  func run() throws(CommandError) -> EmbedReport {
    var videos = parts.enumerated().flatMap { number, part in
      part.index.presentVideos.map { (part: number, video: $0) }
    }
    videos.sort { ArchiveIndex.isBefore($0.video.path, $1.video.path) }
    for (one, other) in zip(videos, videos.dropFirst()) where one.video.path == other.video.path {
      let names = [one.part, other.part].map { parts[$0].folder.path.shown }
      throw CommandError("\(one.video.path): is in \(names[0]) and in \(names[1])")
    }
    let lock = try ArchiveLock(target)
    let (isNew, mark) = (try target.readManifest() == nil, mark(of: videos.map(\.video)))
    // A merge that was stopped goes on with what is missing.
    guard isNew || lock.mark == mark else {
      throw CommandError(
        "\(target.path.shown): is there already\(lock.mark.isEmpty ? "" : ", begun with other archives"): "
          + "name another folder, or remove it")
    }
    if isNew { try lock.set(mark: mark) }
    let writer = try ArchiveWriter(lock, manifest, isNew: isNew)
    var report = EmbedReport(archive: target.path)
    var readers = parts.map { ArchiveRows($0.folder, $0.manifest) }
    for (number, video) in videos {
      if writer.index.video(video.path) == nil { try copy(video, &readers[number], writer) }
      report.rows += video.rows
    }
    for part in parts {
      for path in part.index.failedPaths {
        if writer.index.video(path) == nil, let failure = part.index.failure(path) { writer.add(failure) }
      }
    }
    try writer.finish()
    (report.videos, report.failed) = (videos.count, writer.index.failedPaths.count)
    return report
  }

  /// Text by which a later process knows the same merge: a hash of all that it copies.
  private func mark(of videos: [ArchivedVideo]) -> String {
    var sha = SHA256()
    for json in [manifest.json] + videos.map(\.json) {
      Array((json.text + "\n").utf8).withUnsafeBytes { sha.update($0) }
    }
    return "merge \(sha.finish().hexadecimal)\n"
  }

  private func copy(_ video: ArchivedVideo, _ reader: inout ArchiveRows, _ writer: ArchiveWriter)
    throws(CommandError)
  {
    let place = writer.place
    try reader.read(video, as: video.path) { (numbers, lines) throws(CommandError) in
      try writer.append(numbers, lines: lines)
    }
    try writer.add(
      ArchivedVideo(
        path: video.path, sha256: video.sha256, size: video.size, mtimeNs: video.mtimeNs,
        duration: video.duration,
        damagedFrames: video.damagedFrames, shard: place.shard, row: place.row, rows: video.rows))
  }
}
