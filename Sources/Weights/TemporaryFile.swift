import System
import Glibc

/// A file on its way to another name in its folder: ".actionclip-", a number of that name, and a random one. It is
/// locked for as long as it is written, so that one that its process left behind (killed, or the power gone) can be
/// told: nobody holds its lock.
final class TemporaryFile {
  let descriptor: CInt
  private let path: [CChar]
  private let folder: [CChar]
  /// How the names of all files on their way to the same name begin.
  private let prefix: [CChar]
  private var renamed = false

  /// - Parameters:
  ///   - folder: with its last slash; empty for the working directory.
  ///   - name: what it is to be named there, without a NUL.
  ///   - mode: of the file, less the process's umask.
  init(in folder: [CChar], for name: some Sequence<CChar>, mode: mode_t) throws(WeightsError) {
    self.folder = folder
    prefix = Array(".actionclip-\(TemporaryFile.number(of: name))-".utf8CString.dropLast())
    while true {
      let random = String(UInt64.random(in: .min ... .max), radix: 16)
      let path = folder + prefix + Array(random.utf8CString)
      var descriptor: CInt
      repeat {
        descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, mode)
      } while descriptor < 0 && errno == EINTR
      guard descriptor >= 0 else {
        throw WeightsError(.fileWrite, "cannot be written: \(systemReason(errno))")
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
    if !renamed { unlink(path) }
    close(descriptor)
  }

  /// Takes its name, in place of a file that has it; false, with errno, if that fails.
  func rename(to target: [CChar]) -> Bool {
    renamed = Glibc.rename(path, target) == 0
    return renamed
  }

  /// Removes what earlier writers of the same name left behind. What another process is writing stays.
  func removeAbandoned() {
    guard let directory = opendir(folder + [CChar(UInt8(ascii: ".")), 0]) else { return }
    defer { closedir(directory) }
    while let entry = readdir(directory) {
      withUnsafeBytes(of: &entry.pointee.d_name) { name in
        let name = name.bindMemory(to: CChar.self).prefix { $0 != 0 }
        if name.starts(with: prefix) { removeIfAbandoned(folder + name + [0]) }
      }
    }
  }

  private func removeIfAbandoned(_ other: [CChar]) {
    let found = open(other, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
    guard found >= 0 else { return }
    defer { close(found) }
    var status = stat()
    guard fstat(found, &status) == 0, status.st_mode & S_IFMT == S_IFREG,
      flock(found, LOCK_EX | LOCK_NB) == 0
    else { return }
    // Between opening and locking it may have been renamed to its place: then its name is gone.
    unlink(other)
  }

  /// FNV-1a: the same in every process, and short where the name may be as long as names can be.
  private static func number(of name: some Sequence<CChar>) -> String {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for byte in name { hash = (hash ^ UInt64(UInt8(bitPattern: byte))) &* 0x100_0000_01B3 }
    return String(hash, radix: 16)
  }
}
