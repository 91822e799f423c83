import Glibc
import System
import Text

/// A file of lines, each a JSON object, of which it is known how many begin before each piece, so that any of them is
/// found by reading little. The file is opened when lines are read, and must then be as it was.
final class LinesFile: @unchecked Sendable {
  // Unchecked: the counts do not change after init.
  let path: FilePath
  let count: Int
  private let version: RegularFile.Version
  /// The ends of lines before each piece, and at the end those of all.
  private let before: GrowingArray<Int>

  /// The bytes of the longest line that is read.
  static let longest = 1 << 16
  /// Bytes of scratch memory for each thread: those that it reads at a time, and the one before them.
  static let scratchBytes = longest + 1
  /// Bytes from one piece to the next.
  private static let piece = 1 << 12

  /// Counts the lines of a file, and holds the first and the last byte of each against those of an object. `scratch` has
  /// `scratchBytes` for each thread of the pool.
  init(_ path: FilePath, _ pool: ThreadPool, scratch: UnsafeMutableRawPointer) throws(Failure) {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw error.failure }
    let pieces = file.size / LinesFile.piece + (file.size % LinesFile.piece > 0 ? 1 : 0)
    before = try GrowingArray<Int>(repeating: 0, count: pieces + 1)
    let counts = before.buffer
    let reads = file.size / LinesFile.longest + (file.size % LinesFile.longest > 0 ? 1 : 0)
    try pool.runThrowing(count: reads) { (read, slot) throws(Failure) in
      let start = read * LinesFile.longest
      let memory = UnsafeMutableRawBufferPointer(
        start: scratch + slot * LinesFile.scratchBytes, count: 1 + min(LinesFile.longest, file.size - start))
      memory[0] = LinesFile.newline
      let behind = read > 0 ? 1 : 0  // the byte before is read too
      try file.read(
        at: start - behind, into: UnsafeMutableRawBufferPointer(rebasing: memory[(1 - behind)...]))
      try LinesFile.count(UnsafeRawBufferPointer(memory), at: start, counts)
      if read == reads - 1, memory.last != LinesFile.newline {
        throw .invalid("its last line does not end: it is truncated")
      }
    }
    for piece in 0..<pieces { counts[piece + 1] += counts[piece] }
    (self.path, count, version) = (path, counts[pieces], file.version)
  }

  private static let newline = UInt8(ascii: "\n")

  /// Counts the ends of lines in each piece of some bytes, the first of which stands before them, at an offset of the
  /// file that begins a piece.
  private static func count(
    _ bytes: UnsafeRawBufferPointer, at offset: Int, _ counts: UnsafeMutableBufferPointer<Int>
  ) throws(Failure) {
    var position = 0
    while let end = endOfLine(bytes, from: position) {
      if end > 0 {
        counts[(offset + end - 1) / piece + 1] += 1
        guard bytes[end - 1] == UInt8(ascii: "}") else {
          throw .invalid("the line that ends at byte \(offset + end - 1) is no JSON object")
        }
      }
      position = end + 1
      guard position == bytes.count || bytes[position] == UInt8(ascii: "{") else {
        throw .invalid("the line that begins at byte \(offset + end) is no JSON object")
      }
    }
  }

  /// The offset of the first newline at or after `position`; nil if there is none.
  private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
    guard let base = bytes.baseAddress, position < bytes.count,
      let found = memchr(base + position, CInt(newline), bytes.count - position)
    else { return nil }
    return base.distance(to: UnsafeRawPointer(found))
  }

  /// The piece in which line `line` begins, or in whose last byte the line before ends.
  private func piece(of line: Int) -> Int {
    var (low, high) = (0, before.count - 1)
    while high - low > 1 {
      let middle = (low + high) / 2
      if before[middle] < line { low = middle } else { high = middle }
    }
    return low
  }

  private func open() throws(Failure) -> RegularFile {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw error.failure.about(path) }
    guard file.version == version else {
      throw Failure(.fileRead, "\(path.shown) was changed since the archive was opened")
    }
    return file
  }

  /// Reads lines of an open file. Lines that follow each other are read a few at a time.
  struct Reader: ~Copyable {
    private let lines: LinesFile
    private let file: RegularFile
    private let memory: GrowingArray<UInt8>  // a piece and the longest line
    /// The piece at which the bytes in memory begin; -1: there are none.
    private var piece = -1
    private var filled = 0

    init(_ lines: LinesFile) throws(Failure) {
      let file = try lines.open()
      memory = try GrowingArray(uninitialized: LinesFile.piece + LinesFile.longest)
      (self.lines, self.file) = (lines, file)
    }

    /// The line at `index`, which must be in 0 ..< count, without its newline; valid until the next call.
    mutating func line(_ index: Int) throws(Failure) -> UnsafeRawBufferPointer {
      let wanted = lines.piece(of: index)
      if wanted != piece { try fill(wanted, 2 * LinesFile.piece) }
      if let line = try found(index) { return line }
      try fill(wanted, memory.count)
      if let line = try found(index) { return line }
      throw .invalid("\(lines.path.shown): line \(index + 1) has more than \(LinesFile.longest) bytes")
    }

    /// A line that begins in the piece in memory; nil if its end is not there.
    private func found(_ index: Int) throws(Failure) -> UnsafeRawBufferPointer? {
      let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(start: memory.base, count: filled))
      var position = 0
      for _ in lines.before[piece]..<index {
        guard let end = LinesFile.endOfLine(bytes, from: position) else { throw changed }
        position = end + 1
      }
      return LinesFile.endOfLine(bytes, from: position).map { end in
        UnsafeRawBufferPointer(rebasing: bytes[position..<end])
      }
    }

    /// The place that a row stands for, by its line.
    mutating func place(of row: Int) throws(Failure) -> WindowPlace {
      let line = try line(row)
      do { return try WindowPlace(line: line) } catch {
        throw error.about("\(lines.path.shown), line \(row + 1)")
      }
    }

    private mutating func fill(_ wanted: Int, _ count: Int) throws(Failure) {
      piece = -1
      let start = wanted * LinesFile.piece
      filled = min(count, file.size - start)
      do {
        try file.read(at: start, into: UnsafeMutableRawBufferPointer(start: memory.base, count: filled))
      } catch { throw error.about(lines.path) }
      piece = wanted
    }

    private var changed: Failure {
      Failure(.fileRead, "\(lines.path.shown) was changed while it was read")
    }
  }
}
