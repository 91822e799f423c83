import Digest
import System
import Text

/// The bytes of a file of weights while it is being opened: in the file, in the caller's memory, or as a whole in
/// private memory once they were hashed.
struct FileBytes: ~Copyable {
  let size: Int
  private var memory: UnsafeRawBufferPointer?
  /// The owner of `memory`, unless that is the caller's.
  private var whole: ByteBlock?
  /// The open file; nil for bytes in memory.
  private var file: RegularFile?

  init(_ memory: UnsafeRawBufferPointer) {
    self.memory = memory
    size = memory.count
  }

  /// Opens a regular file.
  init(path: FilePath) throws(Failure) {
    let file: RegularFile
    do { file = try RegularFile(path) } catch {
      if case .system = error, isAddress(path.bytes) {
        throw Failure(.fileOpen, "is an address, and only files are read: download it first")
      }
      throw error.failure
    }
    size = file.size
    self.file = file
  }

  /// The SHA-256 of all bytes. A file is read for it once and for all: from now on its bytes are those that
  /// were hashed. `others`: bytes of the same model's files that are in memory already.
  mutating func readWhole(beside others: Int = 0) throws(Failure) -> SHA256.Digest {
    var sha = SHA256()
    guard let file else {
      try hash(memory ?? UnsafeRawBufferPointer(start: nil, count: 0), into: &sha) { _, _ in }
      return sha.finish()
    }
    let maximum = WeightsLimits.hashedBytes
    guard others <= maximum, size <= maximum - others else {
      throw .limit(
        others == 0
          ? "the file takes \(size) bytes; at most \(maximum) are read into memory to be hashed"
          : "with this file of \(size) bytes the model's files take over \(maximum), the most that are read into memory "
            + "to be hashed")
    }
    let whole = try ByteBlock(count: size) { (buffer) throws(Failure) in
      try hash(UnsafeRawBufferPointer(buffer), into: &sha) { (offset, count) throws(Failure) in
        try file.read(
          at: offset, into: UnsafeMutableRawBufferPointer(rebasing: buffer[offset..<offset + count]))
      }
    }
    try file.checkUnchanged()
    self.file = nil
    memory = whole.bytes
    self.whole = whole
    return sha.finish()
  }

  /// The SHA-256 of all bytes, of which none is kept.
  func digest() throws(Failure) -> SHA256.Digest {
    var sha = SHA256()
    let piece = try GrowingArray<UInt8>(uninitialized: FileBytes.piece)
    var done = 0
    while done < size {
      let part = UnsafeMutableRawBufferPointer(start: piece.base, count: min(size - done, FileBytes.piece))
      try read(at: done, into: part)
      sha.update(UnsafeRawBufferPointer(part))
      done += part.count
    }
    try checkUnchanged()
    return sha.finish()
  }

  /// Bytes that are hashed or summed at a time, so that they are still in the cache.
  static let piece = 1 << 18

  /// Hashes a piece at a time, each after `fill` was called for it.
  private func hash(
    _ bytes: UnsafeRawBufferPointer, into sha: inout SHA256,
    _ fill: (_ offset: Int, _ count: Int) throws(Failure) -> Void
  ) throws(Failure) {
    var done = 0
    while done < bytes.count {
      try checkCancelled()
      let count = min(bytes.count - done, FileBytes.piece)
      try fill(done, count)
      sha.update(UnsafeRawBufferPointer(rebasing: bytes[done..<done + count]))
      done += count
    }
  }

  /// `count` bytes at `offset`: read from the file, or borrowed from memory, where they are for as long as
  /// this is.
  func block(at offset: Int, count: Int) throws(Failure) -> ByteBlock {
    try check(offset, count)
    if let bytes = borrowed(at: offset, count: count) { return ByteBlock(borrowing: bytes) }
    return try ByteBlock(count: count) { (buffer) throws(Failure) in try file?.read(at: offset, into: buffer)
    }
  }

  /// `count` bytes at `offset` that are in memory; nil for those of a file.
  func borrowed(at offset: Int, count: Int) -> UnsafeRawBufferPointer? {
    guard let memory, offset >= 0, count >= 0, offset <= size, count <= size - offset else { return nil }
    return UnsafeRawBufferPointer(rebasing: memory[offset..<offset + count])
  }

  /// Copies or reads the bytes from `offset` on.
  func read(at offset: Int, into destination: UnsafeMutableRawBufferPointer) throws(Failure) {
    try check(offset, destination.count)
    if let bytes = borrowed(at: offset, count: destination.count) {
      destination.copyMemory(from: bytes)
    } else {
      try file?.read(at: offset, into: destination)
    }
  }

  /// To be called after the last read. See `RegularFile`.
  func checkUnchanged() throws(Failure) { try file?.checkUnchanged() }

  private func check(_ offset: Int, _ count: Int) throws(Failure) {
    guard offset >= 0, count >= 0, offset <= size, count <= size - offset else {
      throw .invalid("bytes \(offset) + \(count) lie outside the file's \(size) bytes")
    }
  }
}
