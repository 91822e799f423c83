import Glibc
import System
import Text

/// An archive of embeddings, open for search. It does not change, and any number of threads may search it at once; rows
/// that are written to the folder later are not seen.
public final class ArchiveIndex: @unchecked Sendable {
  // Unchecked: nothing changes after init.
  public let manifest: ArchiveManifest
  /// Rows of all shards, those of removed videos included.
  public let rows: Int
  /// Rows of removed videos, which are never found.
  public let removedRows: Int
  /// Whether the archive was being written when it was opened, or a run was interrupted: it has the file `unfinished`.
  public let isUnfinished: Bool
  let shards: [Shard]
  let pool: ThreadPool
  /// 1 for each row of a removed video; empty if there is none.
  let isRemoved: GrowingArray<UInt8>

  /// Opens the archive in a folder.
  /// - Parameters:
  ///   - threads: threads that scan rows, the caller's included.
  ///   - inMemory: whether rows are read into memory once, and not from the files in each search.
  public init(_ folder: FilePath, threads: Int, inMemory: Bool) throws(Failure) {
    manifest = try ArchiveManifest(folder: folder)
    isUnfinished = folder.file("unfinished").exists
    pool = ThreadPool(threads: threads)
    let scratch = try MemoryBlock(count: LinesFile.scratchBytes * pool.threads, zeroed: false)
    var (shards, rows) = ([Shard](), 0)
    for digits in try ArchiveIndex.shardDigits(folder) {
      try checkCancelled()
      let shard = try Shard(
        folder: folder, digits: digits, manifest, first: rows,
        firstBlock: shards.last.map { $0.firstBlock + $0.blocks } ?? 0, inMemory: inMemory, pool,
        scratch: scratch.start)
      let (sum, overflow) = rows.addingReportingOverflow(shard.count)
      guard !overflow else { throw .limit("\(folder.shown) has more rows than can be counted") }
      rows = sum
      if shard.count > 0 { shards.append(shard) }
    }
    (self.shards, self.rows) = (shards, rows)
    isRemoved = try RemovedRows.marks(
      folder.file("removed.jsonl"), shards, rows, pool, scratch: scratch.start)
    removedRows = isRemoved.view.reduce(0) { $0 + Int($1) }
  }

  /// Bytes of a row.
  var rowBytes: Int { manifest.dimension * manifest.type.size }

  /// The shard of a row, which must be in 0 ..< rows.
  func shard(of row: Int) -> Shard {
    var (low, high) = (0, shards.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if shards[middle].first <= row { low = middle } else { high = middle }
    }
    return shards[low]
  }

  /// The place that a row stands for.
  public func place(of row: Int) throws(Failure) -> WindowPlace {
    guard row >= 0, row < rows else { throw .argument("row is \(row), the archive has \(rows)") }
    var reader = RowReader(self)
    return try reader.place(of: row)
  }

  private static let maximumShards = 1 << 20

  /// The numbers in the names of the folder's shards, as they are written there, in their order. A shard counts if its
  /// rows are there, which are written last.
  private static func shardDigits(_ folder: FilePath) throws(Failure) -> [[UInt8]] {
    guard let directory = folder.withCString({ opendir($0) }) else {
      throw Failure(.fileOpen, "\(folder.shown) cannot be read: \(systemReason(errno))")
    }
    defer { closedir(directory) }
    var found: [[UInt8]] = []
    while true {
      errno = 0
      guard let entry = readdir(directory) else {
        if errno != 0 { throw Failure(.fileRead, "\(folder.shown) cannot be read: \(systemReason(errno))") }
        break
      }
      let digits = withUnsafeBytes(of: &entry.pointee.d_name) { name -> [UInt8]? in
        let name = name.prefix { $0 != 0 }
        let digits = name.dropFirst(4).dropLast(4)
        guard name.starts(with: "emb_".utf8), name.suffix(4).elementsEqual(".npy".utf8),
          digits.count == 4 || (5...12).contains(digits.count) && digits.first != 0x30,
          digits.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Array(digits)
      }
      guard let digits else { continue }
      guard found.count < maximumShards else {
        throw .limit("\(folder.shown) has more than \(maximumShards) shards")
      }
      found.append(digits)
    }
    // A number of more than four digits begins with no zero, so longer ones are larger.
    return found.sorted { $0.count == $1.count ? $0.lexicographicallyPrecedes($1) : $0.count < $1.count }
  }
}
