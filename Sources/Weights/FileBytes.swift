import System
import Digest
import Glibc
import Text

/// Bytes of a file in private memory, or a range of the caller's buffer. `bytes` are valid for as long
/// as the block is: a function that keeps only the pointer extends the block's lifetime.
final class ByteBlock {
  let bytes: UnsafeRawBufferPointer
  private let owned: UnsafeMutableRawPointer?
  private let mapped: Bool

  /// `bytes` stay the caller's and must outlive this block.
  init(borrowing bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    owned = nil
    mapped = false
  }

  /// New memory, filled by `fill`.
  init(
    count: Int, fill: (UnsafeMutableRawBufferPointer) throws(WeightsError) -> Void
  ) throws(WeightsError) {
    // Huge pages, where there are any: a fault for each small page takes longer than reading it.
    mapped = count >= 4 << 20
    let memory =
      mapped
      ? mmap(nil, count, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) : malloc(max(count, 1))
    guard let memory, memory != MAP_FAILED else {
      throw WeightsError(.outOfMemory, "no memory for \(count) bytes of the file")
    }
    if mapped { madvise(memory, count, MADV_HUGEPAGE) }
    let buffer = UnsafeMutableRawBufferPointer(start: memory, count: count)
    do { try fill(buffer) } catch {
      if mapped { munmap(memory, count) } else { free(memory) }
      throw error
    }
    bytes = UnsafeRawBufferPointer(buffer)
    owned = memory
  }

  deinit {
    guard let owned else { return }
    if mapped { munmap(owned, bytes.count) } else { free(owned) }
  }
}

/// Where a weight file's bytes come from while it is being opened: a file descriptor, the caller's
/// memory, or the whole file in memory once it was hashed. Files are read, never mapped: a mapped file
/// that is cut short ends the host with SIGBUS.
struct FileBytes: ~Copyable {
  let size: Int
  private var memory: UnsafeRawBufferPointer?
  /// What holds `memory`, unless that is the caller's.
  private var whole: ByteBlock?
  private var descriptor: CInt
  /// As the file was when it was opened.
  private let opened: stat

  init(_ memory: UnsafeRawBufferPointer) {
    self.memory = memory
    size = memory.count
    descriptor = -1
    opened = stat()
  }

  /// Opens a regular file. O_NONBLOCK, because opening a FIFO would wait for a writer; O_NOCTTY,
  /// because opening a terminal would make it the host's.
  init(path: UnsafePointer<CChar>) throws(WeightsError) {
    var descriptor: CInt
    repeat {
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      let reason = systemReason(errno)
      if isAddress(UnsafeRawBufferPointer(start: path, count: strlen(path))) {
        throw WeightsError(.fileOpen, "is an address, and only files are read: download it first")
      }
      throw WeightsError(.fileOpen, "cannot be opened: \(reason)")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = systemReason(errno)
      close(descriptor)
      throw WeightsError(.fileOpen, "cannot be examined: \(reason)")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw WeightsError(.fileOpen, "is \(fileKind(status.st_mode)), not a regular file")
    }
    memory = nil
    size = Int(status.st_size)
    self.descriptor = descriptor
    opened = status
    for stamp in [status.st_mtim, status.st_ctim] { FileBytes.letClockPass(stamp) }
  }

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

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// The SHA-256 of all bytes. A file is read for it once and for all: from now on its bytes are those that
  /// were hashed. `others`: bytes of the same model's files that are in memory already.
  mutating func readWhole(beside others: Int = 0) throws(WeightsError) -> SHA256.Digest {
    if let memory { return try hash(of: memory) }
    let most = WeightsLimits.hashedBytes
    guard others <= most, size <= most - others else {
      throw .limit(
        others == 0
          ? "the file takes \(size) bytes; at most \(most) are read into memory to be hashed"
          : "with this file of \(size) bytes the model's files take over \(most), the most that are read into memory "
            + "to be hashed")
    }
    var sha = SHA256()
    let whole = try ByteBlock(count: size) { (buffer) throws(WeightsError) in
      // A piece at a time, so that it is still in the cache when it is hashed.
      var done = 0
      while done < buffer.count {
        let end = done + min(buffer.count - done, FileBytes.hashedTogether)
        let piece = UnsafeMutableRawBufferPointer(rebasing: buffer[done..<end])
        try readFile(at: done, into: piece)
        sha.update(UnsafeRawBufferPointer(piece))
        done = end
      }
    }
    try checkUnchanged()
    close(descriptor)
    descriptor = -1
    memory = whole.bytes
    self.whole = whole
    return sha.finish()
  }

  private static let hashedTogether = 1 << 18

  private func hash(of bytes: UnsafeRawBufferPointer) throws(WeightsError) -> SHA256.Digest {
    var sha = SHA256()
    var done = 0
    while done < bytes.count {
      try checkCancelled()
      let end = done + min(bytes.count - done, FileBytes.hashedTogether)
      sha.update(UnsafeRawBufferPointer(rebasing: bytes[done..<end]))
      done = end
    }
    return sha.finish()
  }

  /// `count` bytes at `offset`: read from the file, or borrowed from memory, where they are for as long as
  /// this is.
  func block(at offset: Int, count: Int) throws(WeightsError) -> ByteBlock {
    try check(offset, count)
    if let memory {
      return ByteBlock(
        borrowing: UnsafeRawBufferPointer(rebasing: memory[offset..<offset + count]))
    }
    return try ByteBlock(count: count) { (buffer) throws(WeightsError) in
      try readFile(at: offset, into: buffer)
    }
  }

  /// `count` bytes at `offset` of what is in memory; nil of a file.
  func borrowed(at offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard let memory, offset >= 0, count >= 0, offset <= size, count <= size - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: memory[offset..<offset + count])
  }

  /// Bytes from `offset` on.
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(WeightsError) {
    try check(offset, destination.count)
    if let memory {
      destination.copyMemory(
        from: UnsafeRawBufferPointer(rebasing: memory[offset..<offset + destination.count]))
    } else {
      try readFile(at: offset, into: destination)
    }
  }

  /// To be called after the last read: a file that was written to meanwhile may be a mix of two. Its times tell. Who
  /// sets the time of writing back cannot set that of the last change to anything; but removing a name of the file,
  /// as happens when another takes its place, is a change that leaves its bytes alone.
  func checkUnchanged() throws(WeightsError) {
    guard memory == nil else { return }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw WeightsError(.fileRead, "cannot be examined: \(systemReason(errno))")
    }
    guard
      Int(status.st_size) == size, FileBytes.same(status.st_mtim, opened.st_mtim),
      FileBytes.same(status.st_ctim, opened.st_ctim) || status.st_nlink != opened.st_nlink
    else { throw WeightsError(.fileRead, "the file was changed while it was read") }
  }

  private static func same(_ a: timespec, _ b: timespec) -> Bool {
    a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec
  }

  private func check(_ offset: Int, _ count: Int) throws(WeightsError) {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw .invalid("bytes \(offset) + \(count) lie outside the file's \(size) bytes")
    }
  }

  private func readFile(
    at offset: Int, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightsError) {
    guard let start = destination.baseAddress else { return }
    var done = 0
    while done < destination.count {
      // Linux reads at most 2 GiB - 4 KiB at a time; asking for less keeps signals and cancelling answered.
      try checkCancelled()
      let wanted = min(destination.count - done, 8 << 20)
      let got = pread(descriptor, start + done, wanted, off_t(offset + done))
      if got > 0 {
        done += got
      } else if got == 0 {
        throw WeightsError(
          .fileRead,
          "the file got shorter while it was read: \(size) bytes, then an end at "
            + "\(offset + done)")
      } else if errno != EINTR {
        throw WeightsError(
          .fileRead, "reading failed at offset \(offset + done): \(systemReason(errno))")
      }
    }
  }
}

func fileKind(_ mode: mode_t) -> String {
  switch mode & S_IFMT {
  case S_IFDIR: "a directory"
  case S_IFIFO: "a FIFO"
  case S_IFSOCK: "a socket"
  case S_IFCHR, S_IFBLK: "a device"
  default: "a special file"
  }
}
