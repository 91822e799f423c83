import Glibc

/// A regular file that is open for reading. Files are read, never mapped: a mapped file that is cut short ends the host
/// with SIGBUS. Several threads may read it at once.
public final class RegularFile: Sendable {
  /// Bytes in the file when it was opened.
  public let size: Int
  private let descriptor: CInt
  private let opened: Stamp

  /// Opens the file. O_NONBLOCK, because opening a FIFO would wait for a writer; O_NOCTTY, because opening a terminal
  /// would make it the host's.
  public init(_ path: FilePath) throws(OpenFailure) {
    guard !path.bytes.contains(0) else { throw .containsNUL }
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
    for time in [status.st_mtim, status.st_ctim] { RegularFile.letClockPass(time) }
  }

  deinit { close(descriptor) }

  /// Before Linux 6.13 files are stamped by a clock that stands still for some milliseconds: one that was written
  /// just now could be written again, while it is read, without a new stamp.
  private static func letClockPass(_ stamp: timespec) {
    var now = timespec()
    for _ in 0..<100_000 {
      guard clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0, now.tv_sec == stamp.tv_sec,
        now.tv_nsec <= stamp.tv_nsec, stamp.tv_nsec - now.tv_nsec < 20_000_000
      else { return }
      sched_yield()
    }
  }

  // MARK: - Reading

  /// Reads up to `count` bytes from `offset` on, as the system gives them: the number of bytes, 0 at the end of the file,
  /// or -errno.
  public func readOnce(at offset: Int, count: Int, into destination: UnsafeMutableRawPointer) -> Int {
    while true {
      let got = pread(descriptor, destination, count, off_t(offset))
      if got >= 0 { return got }
      if errno != EINTR { return -Int(errno) }
    }
  }

  /// Fills `destination` with the bytes from `offset` on.
  public func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(Failure) {
    guard let start = destination.baseAddress else { return }
    var done = 0
    while done < destination.count {
      // Linux reads at most 2 GiB - 4 KiB at a time; asking for less keeps signals and cancelling answered.
      try checkCancelled()
      let got = readOnce(at: offset + done, count: min(destination.count - done, 8 << 20), into: start + done)
      guard got > 0 else {
        let place = offset + done
        throw Failure(
          .fileRead,
          got == 0
            ? "the file got shorter while it was read: \(size) bytes, then an end at \(place)"
            : "reading failed at offset \(place): \(systemReason(CInt(-got)))")
      }
      done += got
    }
  }

  // MARK: - Changes

  /// Whether the file has the size and the time of writing that it had when it was opened.
  public var isUnwritten: Bool {
    var status = stat()
    return fstat(descriptor, &status) == 0 && opened.isUnwritten(Stamp(status))
  }

  /// To be called after the last read: a file that was written to meanwhile may be a mix of two. Its times tell. Who
  /// sets the time of writing back cannot set that of the last change to anything; but removing a name of the file,
  /// as happens when another takes its place, is a change that leaves its bytes alone.
  public func checkUnchanged() throws(Failure) {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw Failure(.fileRead, "cannot be examined: \(systemReason(errno))")
    }
    let now = Stamp(status)
    guard opened.isUnwritten(now), now.changed == opened.changed || now.links != opened.links else {
      throw Failure(.fileRead, "the file was changed while it was read")
    }
  }

  /// Everything by which a change of a file shows; times in nanoseconds.
  private struct Stamp: Sendable {
    let size: Int
    let written: Int128
    let changed: Int128
    let links: UInt64

    init(_ status: stat) {
      size = Int(status.st_size)
      written = Stamp.nanoseconds(status.st_mtim)
      changed = Stamp.nanoseconds(status.st_ctim)
      links = UInt64(status.st_nlink)
    }

    func isUnwritten(_ later: Stamp) -> Bool { size == later.size && written == later.written }

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

  /// The failure in words that go after the file's name.
  public var failure: Failure {
    switch self {
    case .containsNUL: Failure(.fileOpen, "contains a NUL")
    case .system(let code): Failure(.fileOpen, "cannot be opened: \(systemReason(code))")
    case .notRegular(let kind): Failure(.fileOpen, "is \(kind), not a regular file")
    }
  }
}
