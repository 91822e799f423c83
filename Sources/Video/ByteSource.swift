import System
internal import CFFmpeg
internal import Glibc
internal import Text

/// The bytes of one video: an open regular file, or the caller's memory. Several readers may read at different
/// positions at once.
final class ByteSource {
  /// The name of the video in messages.
  let name: String
  /// The size in bytes when the source was opened.
  let size: Int64
  /// The time and work that reading and decoding these bytes may take.
  let allowance: Allowance
  /// The open file; nil for bytes in memory.
  private let file: RegularFile?
  private let memory: UnsafeRawPointer?
  /// Whether `ContainerCheck` has let the bytes pass.
  var isChecked = false
  /// The likely reason, found by checking the container, if nothing can be read; nil if none is known.
  var likelyReason: Failure?

  /// The number of frames that the container's index lists, if the file ends before some of them; nil if that is not
  /// known.
  var cutFrames: Int?

  /// The largest file that is read, 1 PiB, so that sums of sizes stay within Int64. Only sparse files are larger.
  private static let largest: Int64 = 1 << 50

  /// Opens a regular file. A FIFO or a device is refused unopened, since opening it may block or have effects.
  convenience init(path: FilePath, limits: ReadingLimits) throws(Failure) {
    try self.init(path, name: "video " + path.shown) { Allowance(limits, size: $0) }
  }

  /// Opens the first picture of a folder of `count` frames, whose allowance is for all of them.
  convenience init(picture path: FilePath, of count: Int, _ limits: ReadingLimits) throws(Failure) {
    try self.init(path, name: "picture " + path.shown) { size in
      let (sum, overflow) = size.multipliedReportingOverflow(by: Int64(count))
      return Allowance(limits, size: overflow ? Self.largest : min(sum, Self.largest))
    }
  }

  /// Opens another picture of a folder, under the allowance of the first.
  convenience init(picture path: FilePath, _ allowance: Allowance) throws(Failure) {
    try self.init(path, name: "picture " + path.shown) { _ in allowance }
  }

  private init(_ path: FilePath, name: String, allowance: (_ size: Int64) -> Allowance) throws(Failure) {
    self.name = name
    memory = nil
    let file: RegularFile
    do { file = try RegularFile(path) } catch {
      throw Failure(.fileOpen, "\(name) \(PathAdvice.advice(on: path, error) ?? error.failure.message)")
    }
    self.file = file
    size = Int64(file.size)
    self.allowance = allowance(size)
    if size == 0 { throw Failure(.invalidVideo, "\(name) is empty") }
    guard size <= Self.largest else {
      throw Failure(.limit, "\(name) has \(size) bytes, and at most \(Self.largest) are read")
    }
  }

  /// Makes a source of the caller's memory, which must outlive it.
  init(bytes: UnsafeRawBufferPointer, limits: ReadingLimits) throws(Failure) {
    name = "video in memory"
    file = nil
    memory = bytes.baseAddress
    size = Int64(bytes.count)
    allowance = Allowance(limits, size: size)
    if memory == nil || size == 0 { throw Failure(.invalidVideo, "\(name) is empty") }
  }

  /// Copies up to `count` bytes from `position`, and returns their number; 0 at the end, -errno on failure, -ESTALE if
  /// the file has been changed.
  /// - Parameter watches: whether to check that the file is unchanged; false if the caller calls `checkUnchanged`
  ///   later.
  func read(_ into: UnsafeMutableRawPointer, count: Int, at position: Int64, watches: Bool = true) -> Int {
    // Reads end at the size at opening. A damaged file may name a position near Int64's end, which is no read error.
    guard count > 0, position >= 0, position < size else { return 0 }
    let count = min(count, Int(size - position))
    if let memory {
      into.copyMemory(from: memory + Int(position), byteCount: count)
      return count
    }
    guard let file else { return 0 }
    let got = file.readOnce(at: Int(position), count: count, into: into)
    if got < 0 { return got }
    return got > 0 && (!watches || file.isUnmodified) ? got : -Int(ESTALE)
  }

  /// The file's version; nil for bytes in memory.
  var version: RegularFile.Version? { file?.version }

  /// Throws if the file was written to after it was opened.
  func checkUnchanged() throws(Failure) {
    if let file, !file.isUnmodified { throw readFailure(ESTALE) }
  }

  /// The error for a failed read, from its errno.
  func readFailure(_ code: Int32) -> Failure {
    code == ESTALE
      ? Failure(.fileRead, "\(name) was changed after it was opened: open it again once it is complete")
      : Failure(.fileRead, "cannot read \(name): \(systemReason(code))")
  }
}

/// A reader with a position in a source, which FFmpeg's read and seek callbacks use.
final class ByteReader {
  let source: ByteSource
  private var position: Int64 = 0
  /// The errno of the first read that failed, or 0. It tells a failed read from the end of the file, which FFmpeg does
  /// not.
  private(set) var failure: Int32 = 0

  /// FFmpeg's reader of the container, whose index is limited; nil until it exists.
  var context: OpaquePointer?
  private let ffmpeg: FFmpeg
  /// The index entries that any file may have. FFmpeg keeps 24 bytes for each.
  private static let entriesOfAnyFile: Int64 = 1 << 20

  init(_ ffmpeg: FFmpeg, _ source: ByteSource) {
    self.ffmpeg = ffmpeg
    self.source = source
  }

  /// Whether FFmpeg's index has more entries than a video of the source's size can have. If so, it ends the call.
  private func hasTooManyEntries() -> Bool {
    guard let context, cffmpeg_index_entries(ffmpeg, context) > Self.entriesOfAnyFile + source.size / 2 else {
      return false
    }
    source.allowance.stop(
      Failure(.limit, "\(source.name) lists more packets than its \(source.size) bytes can hold"))
    return true
  }

  /// Reads up to `count` bytes at the position and moves it; a negative FFmpeg error at the end and on failure.
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

  /// Moves the position as fseek does, or returns the size for AVSEEK_SIZE.
  func seek(_ offset: Int64, _ whence: Int32) -> Int64 {
    let base: Int64
    switch whence & ~cffmpeg_seek_force {
    case cffmpeg_seek_size: return source.size
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

  /// Tells FFmpeg, during long work without reads, whether to stop.
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
