import CKernels
import System

/// The scores of all rows of an archive by one query, as fp32 sums.
struct ScannedScores: ~Copyable {
  /// [rows]; -infinity for rows that are never found: those of removed videos, and those that hold no embedding.
  var scores: GrowingArray<Float>
  /// The mean score of the other rows; 0 if there is none.
  var mean: Double
}

extension ArchiveIndex {
  /// Bytes of rows that a thread scans at a time: they are read from the file to the second-level cache.
  private static let blockBytes = 1 << 18

  /// Scores every row. The rows of a block are the same for any number of threads, and so is the order in which their
  /// sums are added.
  func scan(_ query: borrowing SearchQuery) throws(Failure) -> ScannedScores {
    let scores: GrowingArray<Float>
    do { scores = try GrowingArray(uninitialized: rows) } catch { throw .outOfMemory("\(rows) scores") }
    let rowsPerBlock = max(1, ArchiveIndex.blockBytes / rowBytes)
    let readsFiles = shards.contains { $0.memory == nil }
    let scratch = try MemoryBlock(hugePagesFor: readsFiles ? rowsPerBlock * rowBytes * pool.threads : 0)
    let largest = ((shards.map(\.count).max() ?? 0) + rowsPerBlock - 1) / rowsPerBlock
    let sums = try GrowingArray<BlockSum>(repeating: BlockSum(), count: largest)
    let (numbers, all, blockSums) = (query.numbers.base, scores.base, sums.base)
    let start = scratch.start
    var total = BlockSum()
    for shard in shards {
      let file = shard.memory == nil ? try shard.openRows() : nil
      let blocks = (shard.count + rowsPerBlock - 1) / rowsPerBlock
      try pool.runThrowing(count: blocks) { (block, slot) throws(Failure) in
        let rows = block * rowsPerBlock..<min((block + 1) * rowsPerBlock, shard.count)
        var from = shard.memory.map { $0.start + rows.lowerBound * rowBytes }
        if let file {
          let own = start + slot * rowsPerBlock * rowBytes
          try shard.read(rows, of: file, into: own)
          from = UnsafeRawPointer(own)
        }
        let first = shard.first + rows.lowerBound
        if let from { score(from, count: rows.count, numbers, all + first) }
        blockSums[block] = checked(all, first..<first + rows.count)
      }
      for block in 0..<blocks { total.add(blockSums[block]) }
    }
    extendLifetime(scratch)
    extendLifetime(sums)
    extendLifetime(query)
    return ScannedScores(scores: scores, mean: total.count > 0 ? total.sum / Double(total.count) : 0)
  }

  private func score(
    _ rows: UnsafeRawPointer, count: Int, _ query: UnsafePointer<Float>, _ scores: UnsafeMutablePointer<Float>
  ) {
    switch manifest.type {
    case .float16:
      ckernels_scan_fp16(count, manifest.dimension, rows.assumingMemoryBound(to: UInt16.self), query, scores)
    case .float32:
      ckernels_scan_fp32(count, manifest.dimension, rows.assumingMemoryBound(to: Float.self), query, scores)
    }
  }

  /// Takes out rows that are removed, or whose score no embedding can have, and sums up the others.
  private func checked(_ scores: UnsafeMutablePointer<Float>, _ rows: Range<Int>) -> BlockSum {
    var sum = BlockSum()
    for row in rows {
      let score = scores[row]
      // A comparison with NaN is false.
      guard abs(score) <= 1.1, isRemoved.isEmpty || isRemoved[row] == 0 else {
        scores[row] = -.infinity
        continue
      }
      sum.sum += Double(score)
      sum.count += 1
    }
    return sum
  }
}

/// The sum of a block's scores, and how many they are.
private struct BlockSum: BitwiseCopyable {
  var sum = 0.0
  var count = 0

  mutating func add(_ other: BlockSum) {
    sum += other.sum
    count += other.count
  }
}
