/// The videos of an archive that are gone, for `--prune`. Where a folder has none left, its disk is more likely to be away
/// than all videos deleted.
struct GoneVideos {
  /// The videos with rows when the run began.
  private let before: [ArchivedVideo]
  /// The folders that the run was given.
  private let folders: [FilePath]

  init(before: ArchiveIndex, folders: [FilePath]) {
    (self.before, self.folders) = (before.presentVideos, folders)
  }

  /// The videos with rows that are not there any more.
  /// - Parameter isSure: whether all videos of a folder may be gone.
  /// - Throws: `CommandError` if a folder that was given has no video left, or if none of those elsewhere is left that
  ///   were in the archive before this run.
  func videos(in index: ArchiveIndex, isSure: Bool) throws(CommandError) -> [ArchivedVideo] {
    let present = index.presentVideos
    let gone = present.filter { FilePath($0).isGone }
    guard !gone.isEmpty, !isSure else { return gone }
    let paths = Set(gone.map(\.path))
    for folder in folders {
      let own = present.filter { folder.contains($0.path) }
      try require(own.isEmpty || own.contains { !paths.contains($0.path) }, own.count, "in \(folder.shown) ")
    }
    let others = before.filter { video in !folders.contains { $0.contains(video.path) } }
    // A video that was moved or has changed was there.
    let isThere = { (video: ArchivedVideo) in
      !paths.contains(video.path) || index.video(video.path)?.place != video.place
    }
    try require(others.isEmpty || others.contains(where: isThere), others.count, "")
    return gone
  }

  private func require(_ isThere: Bool, _ count: Int, _ place: String) throws(CommandError) {
    guard !isThere else { return }
    throw CommandError(
      "--prune: none of the archive's \(count) videos \(place)is there: run it in the folder where the archive was "
        + "begun, with their disk at hand; --prune-all leaves them out")
  }
}

extension FilePath {
  init(_ video: ArchivedVideo) { self.init(bytes: Array(video.path.utf8)) }

  /// Whether a plain path begins with this folder.
  fileprivate func contains(_ path: String) -> Bool {
    let folder = plain.bytes
    if folder.isEmpty { return !path.hasPrefix("/") && !path.hasPrefix("../") }
    return path.utf8.starts(with: folder.last == UInt8(ascii: "/") ? folder : folder + [UInt8(ascii: "/")])
  }
}
