import System
internal import CFFmpeg
internal import Glibc
internal import Text

/// The bytes of one video: a regular file that we opened, or the caller's memory. Several readers
/// may be at different places of it at once.
final class ByteSource {
  /// For messages.
  let name: String
  let size: Int64
  /// The time and work that reading and decoding these bytes may take.
  let allowance: Allowance
  private let descriptor: Int32
  private let memory: UnsafeRawPointer?
  private let modified: timespec
  /// Whether `ContainerCheck` has let the bytes pass.
  var isChecked = false
  /// Why nothing could be read of them, if nothing can.
  var likelyReason: VideoError?

  /// 1 PiB: no video is larger, a sparse file may be.
  private static let largest: Int64 = 1 << 50

  /// Opens a regular file. Not a FIFO or a device: opening those may block or have effects.
  init(path: UnsafePointer<CChar>, limits: ReadingLimits) throws(VideoError) {
    let bytes = UnsafeRawBufferPointer(start: path, count: strlen(path))
    name = "video " + shownPath(bytes)
    memory = nil
    var descriptor: Int32
    repeat {
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      let code = errno
      if let advice = PathAdvice.notFound(bytes) { throw VideoError(.fileOpen, "\(name) \(advice)") }
      throw VideoError(.fileOpen, "cannot open \(name): \(systemError(code))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw VideoError(.fileOpen, "cannot open \(name): \(systemError(code))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw VideoError(.fileOpen, "\(name) \(PathAdvice.notRegular(status.st_mode))")
    }
    self.descriptor = descriptor
    size = Int64(status.st_size)
    modified = status.st_mtim
    allowance = Allowance(limits, size: size)
    if size == 0 { throw VideoError(.invalidVideo, "\(name) is empty") }
    // So that sums of sizes stay within Int64.
    guard size <= Self.largest else {
      throw VideoError(.limit, "\(name) has \(size) bytes, and at most \(Self.largest) are read")
    }
    Self.letClockPass(modified)
  }

  /// `bytes` must outlive the source.
  init(bytes: UnsafeRawBufferPointer, limits: ReadingLimits) throws(VideoError) {
    name = "video in memory"
    descriptor = -1
    memory = bytes.baseAddress
    size = Int64(bytes.count)
    modified = timespec()
    allowance = Allowance(limits, size: size)
    if memory == nil || size == 0 { throw VideoError(.invalidVideo, "\(name) is empty") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Copies up to `count` bytes from `position`. 0 at the end, -errno on failure; -ESTALE if the file is no longer
  /// what was opened.
  /// - Parameter watches: false where the caller calls `checkUnchanged` after its last read.
  func read(_ into: UnsafeMutableRawPointer, count: Int, at position: Int64, watches: Bool = true) -> Int {
    // Never beyond the size at opening: a place near Int64's end, which a damaged file may name, must not be a
    // read error.
    guard count > 0, position >= 0, position < size else { return 0 }
    let count = min(count, Int(size - position))
    if let memory {
      into.copyMemory(from: memory + Int(position), byteCount: count)
      return count
    }
    while true {
      let got = pread(descriptor, into, count, off_t(position))
      if got >= 0 { return got > 0 && (!watches || isUnchanged) ? got : -Int(ESTALE) }
      if errno != EINTR { return -Int(errno) }
    }
  }

  /// Whether the file has the size and the time of change that it had when it was opened.
  private var isUnchanged: Bool {
    if memory != nil { return true }
    var status = stat()
    return fstat(descriptor, &status) == 0 && Int64(status.st_size) == size
      && status.st_mtim.tv_sec == modified.tv_sec && status.st_mtim.tv_nsec == modified.tv_nsec
  }

  func checkUnchanged() throws(VideoError) {
    if !isUnchanged { throw readFailure(ESTALE) }
  }

  func readFailure(_ code: Int32) -> VideoError {
    code == ESTALE
      ? VideoError(.fileRead, "\(name) was changed after it was opened: open it again once it is complete")
      : VideoError(.fileRead, "cannot read \(name): \(systemError(code))")
  }

  /// Before Linux 6.13 files are stamped by a clock that stands still for some milliseconds: one that was written
  /// just now could be written again without a new stamp.
  private static func letClockPass(_ stamp: timespec) {
    var now = timespec()
    for _ in 0..<100_000 {
      guard clock_gettime(CLOCK_REALTIME_COARSE, &now) == 0, now.tv_sec == stamp.tv_sec,
        now.tv_nsec <= stamp.tv_nsec, stamp.tv_nsec - now.tv_nsec < 20_000_000
      else { return }
      sched_yield()
    }
  }
}

/// One place in a source, behind FFmpeg's read and seek callbacks.
final class ByteReader {
  let source: ByteSource
  private var position: Int64 = 0
  /// errno of the first read that failed. FFmpeg treats a failed read like the end of the file;
  /// this is how the difference is kept.
  private(set) var failure: Int32 = 0

  /// FFmpeg's reader of the container, whose index is watched; nil until there is one.
  var context: UnsafeMutablePointer<AVFormatContext>?
  private let ffmpeg: FFmpeg
  /// FFmpeg keeps 24 bytes for each.
  private static let entriesOfAnyFile: Int64 = 1 << 20

  init(_ ffmpeg: FFmpeg, _ source: ByteSource) {
    self.ffmpeg = ffmpeg
    self.source = source
  }

  /// Whether FFmpeg is making an index that no video of the source's size has.
  private func hasTooManyEntries() -> Bool {
    guard let context, cffmpeg_index_entries(ffmpeg, context) > Self.entriesOfAnyFile + source.size / 2 else {
      return false
    }
    source.allowance.stop(
      VideoError(.limit, "\(source.name) lists more packets than its \(source.size) bytes can hold"))
    return true
  }

  func read(_ into: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32 {
    if source.allowance.isOver || hasTooManyEntries() { return cffmpeg_error_exit }
    let got = source.read(into, count: Int(count), at: position)
    if got < 0 {
      let code = Int32(-got)
      if failure == 0 { failure = code }
      return cffmpeg_error(code)
    }
    if got == 0 { return cffmpeg_error_eof }
    position += Int64(got)  // within the file: cannot overflow
    return Int32(got)
  }

  func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    let base: Int64
    switch whence & ~AVSEEK_FORCE {
    case AVSEEK_SIZE: return source.size
    case SEEK_SET: base = 0
    case SEEK_CUR: base = position
    case SEEK_END: base = source.size
    default: return Int64(cffmpeg_error(EINVAL))
    }
    let (target, overflow) = base.addingReportingOverflow(offset)
    if overflow || target < 0 { return Int64(cffmpeg_error(EINVAL)) }
    position = target
    return target
  }

  static let readCallback:
    @convention(c) (UnsafeMutableRawPointer?, UnsafeMutablePointer<UInt8>?, Int32) -> Int32 = {
      opaque, buffer, count in
      guard let opaque, let buffer else { return cffmpeg_error(EINVAL) }
      return Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue().read(buffer, count)
    }

  /// Asked by FFmpeg while it does something long without reading.
  static let interruptCallback: @convention(c) (UnsafeMutableRawPointer?) -> Int32 = { opaque in
    guard let opaque else { return 0 }
    let reader = Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue()
    return reader.source.allowance.isOver ? 1 : 0
  }

  static let seekCallback: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
    opaque, offset, whence in
    guard let opaque else { return Int64(cffmpeg_error(EINVAL)) }
    return Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue().seek(offset, whence)
  }
}

/// The C library's words for errno.
func systemError(_ code: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let base = buffer.baseAddress else { return "error \(code)" }
    guard strerror_r(code, base, 256) == 0 else { return "error \(code)" }
    return String(cString: base)
  }
}
