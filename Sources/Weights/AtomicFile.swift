import Glibc

/// A file that appears whole or not at all. It grows under a temporary name in its own folder, is
/// brought to the disk and takes its name in one step; until then a file of that name stays as it
/// was, and nothing of the new one is left if anything fails.
final class AtomicFile {
  private let target: [CChar]
  /// The target's, with its last slash; empty for the working directory.
  private let folder: [CChar]
  private let temporary: [CChar]
  private let descriptor: CInt
  private var committed = false

  /// Begins a file of `size` bytes. A symbolic link keeps pointing at what is written. Something at
  /// `path` that is not a regular file is refused: it would be replaced.
  init(path: UnsafePointer<CChar>, size: Int) throws(WeightsError) {
    guard path.pointee != 0 else { throw WeightsError(.fileWrite, "the path is empty") }
    var target = Array(UnsafeBufferPointer(start: path, count: strlen(path) + 1))
    if let resolved = realpath(path, nil) {
      target = Array(UnsafeBufferPointer(start: resolved, count: strlen(resolved) + 1))
      free(resolved)
    } else if errno != ENOENT {
      // Where a link leads is not known: the file would take the link's place.
      throw WeightsError(
        errno == ENOMEM ? .outOfMemory : .fileWrite, "cannot be written: \(systemReason(errno))")
    }
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      throw WeightsError(.fileWrite, "is \(fileKind(status.st_mode)), not a regular file")
    }
    // Writing beyond this limit raises a signal that ends the host.
    var limit = rlimit()
    if getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0, UInt64(size) > limit.rlim_cur {
      throw WeightsError(
        .fileWrite,
        "takes \(size) bytes; this process may write files of \(limit.rlim_cur) (ulimit -f)")
    }
    let folder = Array(target.prefix((target.lastIndex(of: CChar(UInt8(ascii: "/"))) ?? -1) + 1))
    let suffix = String(UInt64.random(in: .min ... .max), radix: 16)
    let temporary = folder + ".actionclip-\(suffix)".utf8.map { CChar($0) } + [0]
    var descriptor: CInt
    repeat {
      descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0o666)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      throw WeightsError(.fileWrite, "cannot be written: \(systemReason(errno))")
    }
    self.target = target
    self.folder = folder
    self.temporary = temporary
    self.descriptor = descriptor
  }

  deinit {
    close(descriptor)
    if !committed { unlink(temporary) }
  }

  func append(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
    guard let start = bytes.baseAddress else { return }
    var done = 0
    while done < bytes.count {
      let wrote = write(descriptor, start + done, min(bytes.count - done, 64 << 20))
      if wrote > 0 {
        done += wrote
      } else if wrote == 0 {
        throw WeightsError(.fileWrite, "writing stopped after \(done) of \(bytes.count) bytes")
      } else if errno != EINTR {
        throw WeightsError(.fileWrite, "writing failed: \(systemReason(errno))")
      }
    }
  }

  /// The last step: to the disk, then to its name.
  func commit() throws(WeightsError) {
    var synced: CInt
    repeat { synced = fsync(descriptor) } while synced < 0 && errno == EINTR
    guard synced == 0 else {
      throw WeightsError(.fileWrite, "could not be brought to the disk: \(systemReason(errno))")
    }
    guard rename(temporary, target) == 0 else {
      throw WeightsError(.fileWrite, "could not take its name: \(systemReason(errno))")
    }
    committed = true
    // The name as well, where the file system can; the file itself is whole in any case.
    let directory = open(folder + [CChar(UInt8(ascii: ".")), 0], O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    if directory >= 0 {
      fsync(directory)
      close(directory)
    }
  }
}
