import System
import Glibc

/// A file that appears whole or not at all. It grows under a temporary name in its own folder, is
/// brought to the disk and takes its name in one step; until then a file of that name stays as it
/// was, and nothing of the new one is left if anything fails.
final class AtomicFile {
  private let target: FilePath
  private let temporary: TemporaryFile
  /// The file that will be replaced; nil if there is none.
  private let old: stat?

  /// Begins a file of `size` bytes. A symbolic link keeps pointing at what is written; one that points at nothing is
  /// refused, and so is something at `path` that is not a regular file.
  init(path: FilePath, size: Int) throws(Failure) {
    guard !path.bytes.isEmpty else { throw Failure(.fileWrite, "the path is empty") }
    var target = path
    if let resolved = path.withCString({ realpath($0, nil) }) {
      target = FilePath(resolved)
      free(resolved)
    } else if errno != ENOENT {
      // Where a link leads is not known: the file would take the link's place.
      throw Failure(
        errno == ENOMEM ? .outOfMemory : .fileWrite, "cannot be written: \(systemReason(errno))")
    } else if AtomicFile.isLink(path) {
      throw Failure(
        .fileWrite, "is a link to a file that does not exist: give that file's path, or remove the link")
    }
    var status = stat()
    let exists = target.withCString { stat($0, &status) } == 0
    if exists, let kind = FileKind(status) {
      throw Failure(.fileWrite, "is \(kind), not a regular file")
    }
    // Writing beyond this limit raises a signal that ends the host.
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, UInt64(size) > limit.rlim_cur {
      throw Failure(
        .fileWrite,
        "takes \(size) bytes; this process may write files of \(limit.rlim_cur) (ulimit -f)")
    }
    // The new file is private until it has the mode of the file that it replaces.
    temporary = try TemporaryFile(in: target.folder, for: target.lastPart, mode: exists ? 0o600 : 0o666)
    temporary.removeAbandoned()
    self.target = target
    old = exists ? status : nil
  }

  private static func isLink(_ path: FilePath) -> Bool {
    var status = stat()
    return path.withCString { lstat($0, &status) } == 0 && status.st_mode & S_IFMT == S_IFLNK
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      try checkCancelled()
      let wrote = write(temporary.descriptor, start + done, min(bytes.count - done, 8 << 20))
      if wrote > 0 {
        done += wrote
      } else if wrote == 0 {
        throw Failure(.fileWrite, "writing stopped after \(done) of \(bytes.count) bytes")
      } else if errno != EINTR {
        throw Failure(.fileWrite, "writing failed: \(systemReason(errno))")
      }
    }
  }

  /// Brings the file to the disk, then gives it its name. Nothing may be appended afterwards.
  func commit() throws(Failure) {
    try checkCancelled()
    if let old { try takeOwnerAndMode(of: old) }
    var synced: CInt
    repeat { synced = fsync(temporary.descriptor) } while synced < 0 && errno == EINTR
    guard synced == 0 else {
      throw Failure(.fileWrite, "could not be written to the disk: \(systemReason(errno))")
    }
    guard temporary.rename(to: target) else {
      throw Failure(.fileWrite, "could not be renamed to its name: \(systemReason(errno))")
    }
    // The name as well, where the file system can; the file itself is whole in any case.
    let directory = target.folder.file(".").withCString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }

  /// Owner, group and mode of the file that is replaced. Where a process may not give the file to that group, its own
  /// group may do no more than everybody could.
  private func takeOwnerAndMode(of old: stat) throws(Failure) {
    var mode = old.st_mode & 0o777
    if fchown(temporary.descriptor, old.st_uid, old.st_gid) != 0,
      fchown(temporary.descriptor, uid_t.max, old.st_gid) != 0
    {
      mode &= ~0o070 | (mode & 0o007) << 3
    }
    guard fchmod(temporary.descriptor, mode) == 0 else {
      throw Failure(
        .fileWrite, "cannot be given the mode of the file it replaces: \(systemReason(errno))")
    }
  }
}
