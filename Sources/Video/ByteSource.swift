internal import CFFmpeg
internal import Glibc

/// The bytes of one video: a regular file that we opened, or the caller's memory. Several readers
/// may be at different places of it at once.
final class ByteSource {
  /// For messages.
  let name: String
  let size: Int64
  private let descriptor: Int32
  private let memory: UnsafeRawPointer?

  /// Opens a regular file. Not a FIFO or a device: opening those may block or have effects.
  init(path: UnsafePointer<CChar>) throws(VideoError) {
    name = "video " + printable(String(cString: path))
    memory = nil
    var descriptor: Int32
    repeat {
      descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
    } while descriptor < 0 && errno == EINTR
    guard descriptor >= 0 else {
      throw VideoError(.fileOpen, "cannot open \(name): \(systemError(errno))")
    }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let code = errno
      close(descriptor)
      throw VideoError(.fileOpen, "cannot open \(name): \(systemError(code))")
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw VideoError(.fileOpen, "cannot open \(name): not a regular file")
    }
    self.descriptor = descriptor
    size = Int64(status.st_size)
    if size == 0 { throw VideoError(.invalid, "\(name) is empty") }
  }

  /// `bytes` must outlive the source.
  init(bytes: UnsafeRawBufferPointer) throws(VideoError) {
    name = "video in memory"
    descriptor = -1
    memory = bytes.baseAddress
    size = Int64(bytes.count)
    if memory == nil || size == 0 { throw VideoError(.invalid, "\(name) is empty") }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Copies up to `count` bytes from `position`. 0 at the end, -errno on failure.
  func read(_ into: UnsafeMutableRawPointer, count: Int, at position: Int64) -> Int {
    // Never beyond the size at opening: a file that grows must not have more frames each time it is
    // decoded, and a place near Int64's end, which a damaged file may name, must not be a read error.
    guard count > 0, position >= 0, position < size else { return 0 }
    let count = min(count, Int(size - position))
    if let memory {
      into.copyMemory(from: memory + Int(position), byteCount: count)
      return count
    }
    while true {
      let got = pread(descriptor, into, count, off_t(position))
      if got >= 0 { return got }
      if errno != EINTR { return -Int(errno) }
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

  init(_ source: ByteSource) { self.source = source }

  func read(_ into: UnsafeMutablePointer<UInt8>, _ count: Int32) -> Int32 {
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

  static let seekCallback: @convention(c) (UnsafeMutableRawPointer?, Int64, Int32) -> Int64 = {
    opaque, offset, whence in
    guard let opaque else { return Int64(cffmpeg_error(EINVAL)) }
    return Unmanaged<ByteReader>.fromOpaque(opaque).takeUnretainedValue().seek(offset, whence)
  }
}

/// On one line, whatever the file is called.
private func printable(_ text: String) -> String {
  String(String.UnicodeScalarView(text.unicodeScalars.map { $0.value < 32 || $0.value == 127 ? "?" : $0 }))
}

/// The C library's words for errno.
func systemError(_ code: Int32) -> String {
  withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
    guard let base = buffer.baseAddress else { return "error \(code)" }
    guard strerror_r(code, base, 256) == 0 else { return "error \(code)" }
    return String(cString: base)
  }
}
