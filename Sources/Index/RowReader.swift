import System

/// Reads single rows of an archive and their places, with the files of the shard that was read last kept open.
struct RowReader: ~Copyable {
  private let index: ArchiveIndex
  private var rowsShard: Shard?
  private var rowsFile: RegularFile?
  private var row = GrowingArray<UInt8>()
  private var linesShard: Shard?
  private var lines: LinesFile.Reader?

  init(_ index: ArchiveIndex) { self.index = index }

  /// The place that a row stands for. The row must be in 0 ..< rows.
  mutating func place(of row: Int) throws(Failure) -> WindowPlace {
    let shard = index.shard(of: row)
    if linesShard !== shard {
      linesShard = nil
      lines = try LinesFile.Reader(shard.lines)
      linesShard = shard
    }
    guard let place = try lines?.place(of: row - shard.first) else {
      throw Failure(.internal, "a shard has no lines")
    }
    return place
  }

  /// The exact score of a row, rounded once: its product with the query. Nil for a row that is no embedding: its numbers
  /// are not finite, or its length is not 1 to a hundredth. The row must be in 0 ..< rows.
  mutating func score(of row: Int, _ query: UnsafePointer<Float>) throws(Failure) -> Double? {
    let shard = index.shard(of: row)
    let local = row - shard.first
    if let memory = shard.memory {
      return ExactScore.of(memory.start + local * index.rowBytes, index.manifest, query)
    }
    if rowsShard !== shard {
      rowsShard = nil
      rowsFile = try shard.openRows()
      rowsShard = shard
    }
    if self.row.isEmpty { self.row = try GrowingArray(uninitialized: index.rowBytes) }
    guard let rowsFile else { throw Failure(.internal, "a shard has no rows") }
    try shard.read(local..<local + 1, of: rowsFile, into: self.row.base)
    return ExactScore.of(UnsafeRawPointer(self.row.base), index.manifest, query)
  }
}
