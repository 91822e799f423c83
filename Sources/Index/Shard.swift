import System
import Text

/// One pair of files of an archive: rows, and a line for each. Both are opened when they are read, and must then be as
/// they were when the archive was opened. Files are read, never mapped: a mapped file that is cut ends the host.
final class Shard: Sendable {
  /// The number in its files' names.
  let number: Int
  /// The number of its first row in the archive.
  let first: Int
  let count: Int
  /// The number of its first block of rows in the archive, and how many there are.
  let firstBlock: Int
  let blocks: Int
  let lines: LinesFile
  /// All rows; nil where they stay in the file.
  let memory: RowMemory?
  private let path: FilePath
  private let version: RegularFile.Version
  private let start: Int
  private let rowBytes: Int

  /// Opens the pair of files with a number's digits: emb_0000.npy and meta_0000.jsonl for "0000".
  init(
    folder: FilePath, digits: [UInt8], _ manifest: ArchiveManifest, first: Int, firstBlock: Int,
    inMemory: Bool,
    _ pool: ThreadPool, scratch: UnsafeMutableRawPointer
  ) throws(Failure) {
    path = folder.file(Array("emb_".utf8) + digits + Array(".npy".utf8))
    let linesPath = folder.file(Array("meta_".utf8) + digits + Array(".jsonl".utf8))
    let rows: RowsFile
    do { rows = try RowsFile(path, manifest) } catch { throw error.about(path) }
    do { lines = try LinesFile(linesPath, pool, scratch: scratch) } catch { throw error.about(linesPath) }
    guard lines.count == rows.count else {
      throw .invalid(
        "\(linesPath.shown) has \(lines.count) lines for the \(rows.count) rows of \(path.shown)")
    }
    number = digits.reduce(0) { $0 * 10 + Int($1 - 0x30) }
    (self.first, count, start, version) = (first, rows.count, rows.start, rows.file.version)
    rowBytes = manifest.dimension * manifest.type.size
    let rowsPerBlock = ArchiveIndex.rowsPerBlock(rowBytes)
    (self.firstBlock, blocks) = (firstBlock, (count + rowsPerBlock - 1) / rowsPerBlock)
    memory =
      inMemory ? try RowMemory(rows.file, at: rows.start, count: rows.count * rowBytes, pool, path) : nil
  }

  /// The file of rows, open for reading.
  func openRows() throws(Failure) -> RegularFile {
    let file: RegularFile
    do { file = try RegularFile(path) } catch { throw error.failure.about(path) }
    guard file.version == version else {
      throw Failure(.fileRead, "\(path.shown) was changed since the archive was opened")
    }
    return file
  }

  /// Reads rows, counted from the shard's first, into memory.
  func read(_ rows: Range<Int>, of file: RegularFile, into memory: UnsafeMutableRawPointer) throws(Failure) {
    do throws(Failure) {
      try file.read(
        at: start + rows.lowerBound * rowBytes,
        into: UnsafeMutableRawBufferPointer(start: memory, count: rows.count * rowBytes))
    } catch { throw error.about(path) }
  }
}

/// The rows of a shard in private memory.
final class RowMemory: @unchecked Sendable {
  // Unchecked: nothing is written after init.
  let start: UnsafeRawPointer
  private let block: MemoryBlock

  /// Bytes that a thread reads at a time.
  private static let share = 4 << 20

  init(_ file: RegularFile, at offset: Int, count: Int, _ pool: ThreadPool, _ path: FilePath) throws(Failure)
  {
    block = try MemoryBlock(count: count, zeroed: false)
    start = UnsafeRawPointer(block.start)
    let bytes = block.bytes
    let shares = count / RowMemory.share + (count % RowMemory.share > 0 ? 1 : 0)
    do throws(Failure) {
      try pool.runThrowing(count: shares) { (share, _) throws(Failure) in
        let from = share * RowMemory.share
        let part = bytes[from..<min(from + RowMemory.share, count)]
        try file.read(at: offset + from, into: UnsafeMutableRawBufferPointer(rebasing: part))
      }
      try file.checkUnchanged()
    } catch { throw error.about(path) }
  }
}
