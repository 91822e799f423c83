import Glibc

/// The lock of an archive that is written. It ends with the process, whatever ends that; its file stays unless the work
/// was finished, and so tells an archive that is not.
final class ArchiveLock {
  private let folder: ArchiveFolder
  private let descriptor: Int32
  /// Whether an earlier process did not finish.
  let wasUnfinished: Bool

  /// - Throws: `CommandError` if another process writes the archive.
  init(_ folder: ArchiveFolder) throws(CommandError) {
    self.folder = folder
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
        return
      }
      close(opened)
    }
  }

  deinit { close(descriptor) }

  /// Says that the work is finished.
  func finish() throws(CommandError) {
    try folder.remove(ArchiveFolder.unfinished)
    try folder.sync()
  }
}
