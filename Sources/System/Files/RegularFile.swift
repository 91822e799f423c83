import Glibc

/// A regular file that is open for reading. Several threads may read it at once. Files are read, never mapped,
/// because truncating a mapped file would end the host with SIGBUS.
public final class RegularFile: Sendable {
  /// The file's size in bytes when it was opened.
  public let size: Int
  private let descriptor: CInt
  private let opened: Stamp

  /// Opens the file, and never blocks: anything but a regular file is refused.
  public init(_ path: FilePath) throws(OpenFailure) {
    guard !path.bytes.contains(0) else { throw .containsNUL }
    // O_NONBLOCK, because opening a FIFO would wait for a writer; O_NOCTTY, because opening a terminal could make it
    // the controlling terminal of the host.
    let descriptor = path.withCString { path in
      while true {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
        if descriptor >= 0 || errno != EINTR { return descriptor }
      }
    }
    guard descriptor >= 0 else { throw .system(errno) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw .system(code)
    }
    if let kind = FileKind(status) {
      close(descriptor)
      throw .notRegular(kind)
    }
    self.descriptor = descriptor
    size = Int(status.st_size)
    opened = Stamp(status)
    for time in [status.st_mtim, status.st_ctim] { RegularFile.waitForClock(toPass: time) }
  }

  deinit { close(descriptor) }

  /// Waits until the clock of file times has passed `stamp`. Before Linux 6.13 that clock advances every few
  /// milliseconds only: a file that was just written could be written again, while it is read, with the same time.
  private static func waitForClock(toPass stamp: timespec) {
    var now = timespec()
    var pause = timespec(tv_sec: 0, tv_nsec: 200_000)
    for _ in 0..<200 {
      guard clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0, now.tv_sec == stamp.tv_sec,
        now.tv_nsec <= stamp.tv_nsec, stamp.tv_nsec - now.tv_nsec < 20_000_000
      else { return }
      nanosleep(&pause, nil)
    }
  }

  // MARK: - Reading

  /// Reads up to `count` bytes at `offset` with one system call. Returns the number of bytes read, which may be fewer
  /// than asked for, 0 at the end of the file, or -errno.
  public func readOnce(at offset: Int, count: Int, into destination: UnsafeMutableRawPointer) -> Int {
    while true {
      let bytesRead = pread(descriptor, destination, count, off_t(offset))
      if bytesRead >= 0 { return bytesRead }
      if errno != EINTR { return -Int(errno) }
    }
  }

  /// Fills `destination` with the bytes at `offset`. Fails if the file ends before, reading fails or the call is
  /// cancelled.
  public func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(Failure) {
    guard let start = destination.baseAddress else { return }
    var done = 0
    while done < destination.count {
      // Linux reads at most 2 GiB - 4 KiB at a time; smaller reads answer signals and cancelling sooner.
      try checkCancelled()
      let bytesRead = readOnce(
        at: offset + done, count: min(destination.count - done, 8 << 20), into: start + done)
      guard bytesRead > 0 else {
        let position = offset + done
        throw Failure(
          .fileRead,
          bytesRead == 0
            ? "the file got shorter while it was read: it had \(size) bytes and now ends at byte \(position)"
            : "reading failed at offset \(position): \(systemReason(CInt(-bytesRead)))")
      }
      done += bytesRead
    }
  }

  // MARK: - Changes

  /// The file's size and modification time, which tell whether a path opened later has the file as it was. The file
  /// system's clock may be too coarse to tell changes within some milliseconds.
  public struct Version: Equatable, Sendable {
    fileprivate let size: Int
    /// Nanoseconds.
    fileprivate let modified: Int128
  }

  /// The version that was opened.
  public var version: Version { Version(size: opened.size, modified: opened.modified) }

  /// Whether the file still has the size and the modification time that it had when it was opened.
  public var isUnmodified: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && opened.isUnmodified(Stamp(status))
  }

  /// Fails if the file was changed since it was opened: the bytes read may then be a mix of two versions. Call it
  /// after the last read. A changed link count excuses a changed ctime, since replacing or unlinking the file leaves
  /// its bytes alone; the modification time alone proves nothing, because programs can set it back.
  public func checkUnchanged() throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure(.fileRead, "cannot be examined: \(systemReason(errno))")
    }
    let now = Stamp(status)
    guard opened.isUnmodified(now), now.changed == opened.changed || now.links != opened.links else {
      throw Failure(.fileRead, "the file was changed while it was read")
    }
  }

  /// The file attributes that show whether a file was changed; times in nanoseconds.
  private struct Stamp: Sendable {
    let size: Int
    /// The modification time (mtime).
    let modified: Int128
    /// The time of the last change to the bytes or the attributes (ctime).
    let changed: Int128
    let links: UInt64

    init(_ status: stat) {
      size = Int(status.st_size)
      modified = Stamp.nanoseconds(status.st_mtim)
      changed = Stamp.nanoseconds(status.st_ctim)
      links = UInt64(status.st_nlink)
    }

    func isUnmodified(_ later: Stamp) -> Bool { size == later.size && modified == later.modified }

    private static func nanoseconds(_ time: timespec) -> Int128 {
      Int128(time.tv_sec) * 1_000_000_000 + Int128(time.tv_nsec)
    }
  }
}

/// The reason why a path could not be opened as a regular file.
public enum OpenFailure: Error {
  case containsNUL
  /// The errno of the call that failed.
  case system(CInt)
  case notRegular(FileKind)

  /// The failure with a message that continues a file's name: "is a directory, not a regular file".
  public var failure: Failure {
    switch self {
    case .containsNUL: Failure(.fileOpen, "contains a NUL")
    case .system(let code): Failure(.fileOpen, "cannot be opened: \(systemReason(code))")
    case .notRegular(let kind): Failure(.fileOpen, "is \(kind), not a regular file")
    }
  }
}
