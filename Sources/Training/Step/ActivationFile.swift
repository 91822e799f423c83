import Digest
import Glibc
import System
import Text

/// A file that keeps entries of one size from one process to the next: a head that names what it belongs to, a SHA-256
/// of each entry, and the entries. An entry counts only where its hash fits, so a process that is killed, or a lost
/// power supply, leaves nothing wrong behind. It is locked while it is open. It is read and written, not mapped: a
/// mapped file that another program shortens would end the process.
final class ActivationFile {
  private let descriptor: CInt
  private let entries, bytes: Int
  private var hasRoom = true
  /// Entries that this process has written, or read and found right.
  private var isSound: GrowingArray<Bool>

  private static let headBytes = 4096
  private static let hashBytes = 32
  private static let magic = "actionclip activations 1\n"

  /// Opens or makes the file of `entries` entries of `bytes` bytes. `identity` says what they were computed from: a file
  /// of another identity is emptied. A file that is no such cache is refused, and so is one that another tuner has open.
  init(_ path: FilePath, identity: String, entries: Int, bytes: Int) throws(Failure) {
    (self.entries, self.bytes) = (entries, bytes)
    isSound = try GrowingArray(repeating: false, count: entries)
    do throws(Failure) {
      descriptor = try ActivationFile.opened(path)
    } catch { throw error.about(path) }
    do throws(Failure) {
      try begin("\(ActivationFile.magic)\(identity)\n\(entries) entries of \(bytes) bytes\n")
    } catch { throw error.about(path) }
  }

  deinit {
    // A forked child has the descriptor too, and would keep the lock.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }

  private static func opened(_ path: FilePath) throws(Failure) -> CInt {
    var descriptor: CInt
    repeat {
      descriptor = path.withCString {
        open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
      }
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      throw Failure(.fileOpen, "cannot be opened as a cache: \(systemReason(errno))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0, FileKind(status) == nil else {
      close(descriptor)
      throw Failure(.fileOpen, "is no regular file, and no cache")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK else {
      close(descriptor)
      throw Failure(.fileOpen, "is the cache of another tuner that is open; give each its own")
    }
    return descriptor
  }

  /// Compares the head with the file's, and begins the file anew where it is another one.
  private func begin(_ text: String) throws(Failure) {
    let head = Array(text.utf8) + Array(repeating: 0, count: ActivationFile.headBytes - text.utf8.count)
    var found = Array(repeating: UInt8(0), count: head.count)
    let count = found.withUnsafeMutableBytes { get($0, at: 0) }
    guard count >= 0 else { throw Failure(.fileRead, "cannot be read: \(systemReason(CInt(-count)))") }
    if count == head.count, found == head { return }
    guard count == 0 || found.starts(with: ActivationFile.magic.utf8) else {
      throw Failure(.fileOpen, "is not a cache of a tuner: give another path, or remove it")
    }
    guard ftruncate(descriptor, 0) == 0 else {
      throw Failure(.fileWrite, "cannot be emptied: \(systemReason(errno))")
    }
    // Where the head has no room, nothing is kept.
    hasRoom = head.withUnsafeBytes { put($0, at: 0) }
  }

  private func hashPlace(_ entry: Int) -> Int { ActivationFile.headBytes + entry * ActivationFile.hashBytes }

  private func place(_ entry: Int) -> Int {
    (hashPlace(entries) + 4095) / 4096 * 4096 + entry * bytes
  }

  /// Writes an entry to `out`, and returns whether it is there.
  func read(_ entry: Int, to out: UnsafeMutableRawPointer) -> Bool {
    guard entry < entries, isSound[entry] || hasHash(entry) else { return false }
    let buffer = UnsafeMutableRawBufferPointer(start: out, count: bytes)
    guard get(buffer, at: place(entry)) == bytes else { return false }
    if isSound[entry] { return true }
    isSound[entry] = hash(entry) == SHA256.hash(of: UnsafeRawBufferPointer(buffer)).bytes
    return isSound[entry]
  }

  /// Keeps an entry, where there is room for it.
  func write(_ entry: Int, from numbers: UnsafeRawPointer) {
    guard entry < entries, hasRoom else { return }
    let buffer = UnsafeRawBufferPointer(start: numbers, count: bytes)
    hasRoom = put(buffer, at: place(entry))
    guard hasRoom else { return }
    hasRoom = SHA256.hash(of: buffer).bytes.withUnsafeBytes { put($0, at: hashPlace(entry)) }
    isSound[entry] = hasRoom
  }

  private func hash(_ entry: Int) -> [UInt8] {
    var hash = Array(repeating: UInt8(0), count: ActivationFile.hashBytes)
    _ = hash.withUnsafeMutableBytes { get($0, at: hashPlace(entry)) }
    return hash
  }

  private func hasHash(_ entry: Int) -> Bool { hash(entry).contains { $0 != 0 } }

  /// Reads until the bytes are full or the file ends. Returns the number of bytes that were read, or -errno.
  private func get(_ bytes: UnsafeMutableRawBufferPointer, at place: Int) -> Int {
    var done = 0
    while done < bytes.count {
      let count = pread(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, place + done)
      if count < 0 {
        if errno == EINTR { continue }
        return -Int(errno)
      }
      if count == 0 { break }
      done += count
    }
    return done
  }

  /// Returns whether there was room. Writing beyond the process's limit for files would raise a signal.
  private func put(_ bytes: UnsafeRawBufferPointer, at place: Int) -> Bool {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit) == 0,
      UInt64(place + bytes.count) <= limit.rlim_cur
    else { return false }
    var done = 0
    while done < bytes.count {
      let count = pwrite(descriptor, bytes.baseAddress.map { $0 + done }, bytes.count - done, place + done)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      done += count
    }
    return true
  }
}
