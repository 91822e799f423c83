import Glibc

/// The lock of an archive that is written. It ends with the process, whatever ends that; its file stays unless the work
/// was finished, and so tells an archive that is not. An error before the first change leaves all as it was.
final class ArchiveLock {
  let folder: ArchiveFolder
  private let descriptor: Int32
  /// Whether an earlier process did not finish.
  let wasUnfinished: Bool
  /// Whether this process made the folder.
  private let hasMadeFolder: Bool
  /// The text that an interrupted process left in the lock's file: what it was at. Empty for `embed`.
  private(set) var mark = ""
  /// Whether the archive has to be finished, since this process has begun to change it.
  private var isChanged = false

  /// Makes the folder if it is not there.
  /// - Throws: `CommandError` if the folder is no archive, or another process writes to it.
  init(_ folder: ArchiveFolder) throws(CommandError) {
    self.folder = folder
    hasMadeFolder = try folder.make()
    let file = folder.path.file(ArchiveFolder.unfinished)
    wasUnfinished = file.exists
    while true {
      let opened = open(file.cString, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard opened >= 0 else { throw CommandError.system(file.shown) }
      guard flock(opened, LOCK_EX | LOCK_NB) == 0 else {
        let code = errno
        close(opened)
        throw code == EWOULDBLOCK
          ? CommandError("\(folder.path.shown): another process writes to it: wait until it has ended")
          : CommandError.system(file.shown, code: code)
      }
      // The file may have been removed by a process that finished between the two calls.
      var (own, named) = (stat(), stat())
      if fstat(opened, &own) == 0, stat(file.cString, &named) == 0, own.st_ino == named.st_ino,
        own.st_dev == named.st_dev
      {
        descriptor = opened
        mark = String(decoding: try Files.read(opened, name: file.shown), as: UTF8.self)
        return
      }
      close(opened)
    }
  }

  deinit {
    if !wasUnfinished, !isChanged {
      unlink(folder.path.file(ArchiveFolder.unfinished).cString)
      if hasMadeFolder { rmdir(folder.path.cString) }
    }
    close(descriptor)
  }

  /// Writes down what is being done, before the first change.
  func set(mark: String) throws(CommandError) {
    let name = folder.path.file(ArchiveFolder.unfinished).shown
    beginChange()
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw CommandError.system(name)
    }
    try Files.write(Array(mark.utf8)[...], to: descriptor, name: name)
    guard fsync(descriptor) == 0 else { throw CommandError.system(name) }
    self.mark = mark
  }

  /// Says that the archive is not finished from now on, until `finish`.
  func beginChange() { isChanged = true }

  /// Says that the work is finished.
  func finish() throws(CommandError) {
    isChanged = true
    try folder.remove(ArchiveFolder.unfinished)
    try folder.sync()
  }
}
