import Glibc
import System
import Text

/// A file of lines, of which it is known how many begin before each block, so that any of them is found by reading one
/// block. The file is opened when lines are read, and must then be as it was.
final class LinesFile: @unchecked Sendable {
  // Unchecked: the counts do not change after init.
  let path: FilePath
  let count: Int
  private let version: RegularFile.Version
  /// The ends of lines before each block, and at the end those of all.
  private let before: GrowingArray<Int>

  /// Bytes of a block, the longest line that is read.
  static let block = 1 << 16

  /// Counts the lines of a file. `scratch` has a block's bytes for each thread of the pool.
  init(_ path: FilePath, _ pool: ThreadPool, scratch: UnsafeMutableRawPointer) throws(Failure) {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw error.failure }
    let blocks = file.size / LinesFile.block + (file.size % LinesFile.block > 0 ? 1 : 0)
    before = try GrowingArray<Int>(repeating: 0, count: blocks + 1)
    let counts = before.buffer
    try pool.runThrowing(count: blocks) { (block, slot) throws(Failure) in
      let start = block * LinesFile.block
      let bytes = UnsafeMutableRawBufferPointer(
        start: scratch + slot * LinesFile.block, count: min(LinesFile.block, file.size - start))
      try file.read(at: start, into: bytes)
      counts[block + 1] = LinesFile.endsOfLines(UnsafeRawBufferPointer(bytes))
      if block == blocks - 1, bytes.last != LinesFile.newline {
        throw .invalid("its last line does not end: it is truncated")
      }
    }
    for block in 0..<blocks { counts[block + 1] += counts[block] }
    (self.path, count, version) = (path, counts[blocks], file.version)
  }

  private static let newline = UInt8(ascii: "\n")

  private static func endsOfLines(_ bytes: UnsafeRawBufferPointer) -> Int {
    var (count, position) = (0, 0)
    while let end = endOfLine(bytes, from: position) { (count, position) = (count + 1, end + 1) }
    return count
  }

  /// The offset of the first newline at or after `position`; nil if there is none.
  private static func endOfLine(_ bytes: UnsafeRawBufferPointer, from position: Int) -> Int? {
    guard let base = bytes.baseAddress, position < bytes.count,
      let found = memchr(base + position, CInt(newline), bytes.count - position)
    else { return nil }
    return base.distance(to: UnsafeRawPointer(found))
  }

  /// The block in which line `line` begins, or in whose last byte the line before ends.
  private func block(of line: Int) -> Int {
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

  /// Reads lines of an open file, block by block.
  struct Reader: ~Copyable {
    private let lines: LinesFile
    private let file: RegularFile
    private let memory: GrowingArray<UInt8>  // two blocks
    private var block = -1
    private var filled = 0

    init(_ lines: LinesFile) throws(Failure) {
      let file = try lines.open()
      memory = try GrowingArray(uninitialized: 2 * LinesFile.block)
      (self.lines, self.file) = (lines, file)
    }

    /// The line at `index`, which must be in 0 ..< count, without its newline; valid until the next call.
    mutating func line(_ index: Int) throws(Failure) -> UnsafeRawBufferPointer {
      let wanted = lines.block(of: index)
      if wanted != block { try fill(wanted) }
      let bytes = UnsafeRawBufferPointer(UnsafeBufferPointer(start: memory.base, count: filled))
      var position = 0
      for _ in lines.before[wanted]..<index {
        guard let end = LinesFile.endOfLine(bytes, from: position) else { throw changed }
        position = end + 1
      }
      guard let end = LinesFile.endOfLine(bytes, from: position) else {
        throw .invalid("\(lines.path.shown): line \(index + 1) has more than \(LinesFile.block) bytes")
      }
      return UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    }

    /// The place that a row stands for, by its line.
    mutating func place(of row: Int) throws(Failure) -> WindowPlace {
      let line = try line(row)
      do { return try WindowPlace(line: line) } catch {
        throw error.about("\(lines.path.shown), line \(row + 1)")
      }
    }

    private mutating func fill(_ wanted: Int) throws(Failure) {
      block = -1
      let start = wanted * LinesFile.block
      filled = min(2 * LinesFile.block, file.size - start)
      do {
        try file.read(at: start, into: UnsafeMutableRawBufferPointer(start: memory.base, count: filled))
      } catch { throw error.about(lines.path) }
      block = wanted
    }

    private var changed: Failure {
      Failure(.fileRead, "\(lines.path.shown) was changed while it was read")
    }
  }
}
