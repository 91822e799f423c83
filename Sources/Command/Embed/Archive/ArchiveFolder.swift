import Glibc

/// The folder of an archive: names of its files, and the ways to read and replace them so that a process that is killed
/// leaves nothing half-written under a final name.
struct ArchiveFolder {
  let path: FilePath

  static let manifest = "manifest.json"
  static let videos = "videos.jsonl"
  static let failures = "failures.jsonl"
  static let removed = "removed.jsonl"
  /// A file that is there while the archive is written, and after a run that was interrupted. It carries the lock.
  static let unfinished = "unfinished"

  static func embeddings(_ shard: Int) -> String { "emb_\(number(shard)).npy" }
  static func rows(_ shard: Int) -> String { "meta_\(number(shard)).jsonl" }
  /// The name of a file while it is written.
  static func part(_ name: String) -> String { name + ".part" }

  /// The shard that a file belongs to by its name, final or temporary; nil for other files.
  static func shard(ofFile name: [UInt8]) -> Int? {
    let name = String(decoding: name, as: UTF8.self)
    guard let digits = name.wholeMatch(of: /(?:emb|meta)_([0-9]{4,10})\.(?:npy|jsonl)(?:\.part)?/)?.1,
      let shard = Int(digits)
    else { return nil }
    return [embeddings(shard), rows(shard)].flatMap { [$0, part($0)] }.contains(name) ? shard : nil
  }

  /// The number of a shard in at least four digits.
  private static func number(_ shard: Int) -> String {
    let digits = String(shard)
    return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
  }

  /// Makes the folder if it is not there. One that holds other things and no manifest is refused.
  /// - Returns: whether it was made.
  func make() throws(CommandError) -> Bool {
    if mkdir(path.cString, 0o777) == 0 {
      try sync(path.folder)
      return true
    }
    guard errno == EEXIST, path.isFolder else { throw CommandError.system(path.shown) }
    let known = [ArchiveFolder.unfinished, ArchiveFolder.part(ArchiveFolder.manifest)].map { Array($0.utf8) }
    let others = try FolderList.entries(of: path).map(\.name).filter { !known.contains($0) }
    guard others.isEmpty || exists(ArchiveFolder.manifest) else {
      throw CommandError("\(path.shown): is there, and is no archive: give --out another folder")
    }
    return false
  }

  func exists(_ name: String) -> Bool { path.file(name).exists }

  /// The manifest; nil if there is none.
  func readManifest() throws(CommandError) -> ArchiveManifest? {
    let file = path.file(ArchiveFolder.manifest)
    guard file.exists else { return nil }
    return try ArchiveManifest(Files.read(file), name: file.shown)
  }

  /// Writes a file beside its place, and renames it there once it is on the disk.
  func replace(_ name: String, with bytes: [UInt8]) throws(CommandError) {
    let (target, part) = (path.file(name), path.file(ArchiveFolder.part(name)))
    let descriptor = open(part.cString, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw CommandError.system(part.shown) }
    do throws(CommandError) {
      defer { close(descriptor) }
      try Files.write(bytes[...], to: descriptor, name: target.shown)
      guard fsync(descriptor) == 0 else { throw CommandError.system(target.shown) }
    } catch {
      unlink(part.cString)
      throw error
    }
    try rename(ArchiveFolder.part(name), to: name)
    try sync()
  }

  /// Renames a file of the folder. The new name is on the disk after `sync`.
  func rename(_ name: String, to other: String) throws(CommandError) {
    guard Glibc.rename(path.file(name).cString, path.file(other).cString) == 0 else {
      throw CommandError.system(path.file(other).shown)
    }
  }

  /// Removes a file that may be missing.
  func remove(_ name: String) throws(CommandError) {
    guard unlink(path.file(name).cString) != 0, errno != ENOENT else { return }
    throw CommandError.system(path.file(name).shown)
  }

  /// Waits until the names in the folder are on the disk.
  func sync() throws(CommandError) { try sync(path) }

  private func sync(_ folder: FilePath) throws(CommandError) {
    let descriptor = open(folder.cString, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(folder.shown) }
    defer { close(descriptor) }
    // Some file systems cannot: they have no names to write.
    guard fsync(descriptor) == 0 || errno == EINVAL else { throw CommandError.system(folder.shown) }
  }
}
