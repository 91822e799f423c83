import System
import Glibc

/// A file that is written under a temporary name and then renamed to its own: ".actionclip-", a number made of the final
/// name, and a random number. It is locked while it is written, so that a file left behind by a killed process or a lost
/// power supply is recognised: nobody holds its lock.
final class TemporaryFile {
  let descriptor: CInt
  private let path: FilePath
  private let folder: FilePath
  /// The beginning that all temporary files for the same final name share.
  private let prefix: [UInt8]
  private var renamed = false

  /// - Parameters:
  ///   - folder: where the file is made; an empty path for the working directory.
  ///   - name: the name that the file is to take there.
  ///   - mode: the file's mode, less the process's umask.
  init(in folder: FilePath, for name: some Sequence<UInt8>, mode: mode_t) throws(Failure) {
    self.folder = folder
    prefix = Array(".actionclip-\(TemporaryFile.number(of: name))-".utf8)
    while true {
      let random = String(UInt64.random(in: .min ... .max), radix: 16)
      let path = folder.file(prefix + Array(random.utf8))
      var descriptor: CInt
      repeat {
        descriptor = path.withCString { open($0, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode) }
      } while descriptor < 0 && errno == EINTR
      guard descriptor >= 0 else {
        throw Failure(.fileWrite, "cannot be written: \(systemReason(errno))")
      }
      // Where the file system has no locks nobody gets one, and nothing is taken for abandoned.
      while flock(descriptor, LOCK_EX) != 0 && errno == EINTR {}
      var status = stat()
      if fstat(descriptor, &status) != 0 || status.st_nlink > 0 {
        self.path = path
        self.descriptor = descriptor
        return
      }
      close(descriptor)  // taken for abandoned in the moment before it was locked
    }
  }

  deinit {
    if !renamed { path.withCString { _ = unlink($0) } }
    close(descriptor)
  }

  /// Takes its name, in place of a file that has it; false, with errno, if that fails.
  func rename(to target: FilePath) -> Bool {
    renamed = path.withCString { path in target.withCString { Glibc.rename(path, $0) } } == 0
    return renamed
  }

  /// Removes what earlier writers of the same name left behind. What another process is writing stays.
  func removeAbandoned() {
    guard let directory = folder.file(".").withCString({ opendir($0) }) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      withUnsafeBytes(of: &entry.pointee.d_name) { name in
        let name = name.prefix { $0 != 0 }
        if name.starts(with: prefix) { removeIfAbandoned(folder.file(name)) }
      }
    }
  }

  private func removeIfAbandoned(_ other: FilePath) {
    let found = other.withCString { open($0, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY) }
    guard found >= 0 else { return }
    defer { close(found) }
    var status = stat()
    guard fstat(found, &status) == 0, FileKind(status) == nil, flock(found, LOCK_EX | LOCK_NB) == 0 else {
      return
    }
    // Between opening and locking it may have been renamed to its place: then its name is gone.
    other.withCString { _ = unlink($0) }
  }

  /// FNV-1a: the same in every process, and short where the name may be as long as names can be.
  private static func number(of name: some Sequence<UInt8>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }
}
