/// The videos of an archive that are gone, for `--prune`. Where a folder has none left, its disk is more likely to be away
/// than all videos deleted.
struct GoneVideos {
  /// The videos with rows when the run began.
  private let before: [ArchivedVideo]
  private let folders: [GivenFolder]

  init(before: ArchiveIndex, folders: [GivenFolder]) {
    (self.before, self.folders) = (before.presentVideos, folders)
  }

  /// The videos with rows that are not there any more.
  /// - Parameter isSure: whether all videos of a folder may be gone.
  /// - Throws: `CommandError` if a folder that was given has no video left, whatever the part of a list, or if none of those elsewhere is left that
  ///   were in the archive before this run.
  func videos(in index: ArchiveIndex, isSure: Bool) throws(CommandError) -> [ArchivedVideo] {
    let present = index.presentVideos
    let gone = present.filter { FilePath($0).isGone }
    guard !gone.isEmpty, !isSure else { return gone }
    let paths = Set(gone.map(\.path))
    for folder in folders where !folder.hasVideos {
      let own = present.filter { folder.path.contains($0.path) }
      let isThere = own.isEmpty || own.contains { !paths.contains($0.path) }
      try require(isThere, own.count, "in \(folder.path.shown) ")
    }
    let others = before.filter { video in !folders.contains { $0.path.contains(video.path) } }
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

/// A folder that a run of `embed` was given.
struct GivenFolder {
  let path: FilePath
  /// Whether there are videos in it, be they of the part that the run does or not.
  let hasVideos: Bool
}

extension FilePath {
  init(_ video: ArchivedVideo) { self.init(bytes: Array(video.path.utf8)) }

  /// Whether a plain path begins with this folder.
  func contains(_ path: String) -> Bool {
    let folder = plain.bytes
    if folder.isEmpty { return !path.hasPrefix("/") && !path.hasPrefix("../") }
    return path.utf8.starts(with: folder.last == UInt8(ascii: "/") ? folder : folder + [UInt8(ascii: "/")])
  }
}
