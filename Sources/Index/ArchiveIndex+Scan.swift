import CKernels
import System

extension ArchiveIndex {
  /// Bytes of rows that a thread scans at a time. Reading less at a time from the page cache is slower, and the
  /// last-level cache holds a block of each thread.
  private static let blockBytes = 1 << 20
  /// Shards whose files are open at a time: searches of many threads share the descriptors that a process may have.
  private static let openShards = 16

  /// Rows of a block, at least one.
  static func rowsPerBlock(_ rowBytes: Int) -> Int { max(1, blockBytes / rowBytes) }

  /// Scores every row. The rows of a block are the same for any number of threads, and so is the order in which their
  /// sums are added.
  func scan(_ query: borrowing SearchQuery) throws(Failure) -> ScannedScores {
    let memory: MemoryBlock
    let (bytes, overflow) = rows.multipliedReportingOverflow(by: MemoryLayout<Float>.size)
    do { memory = try MemoryBlock(count: overflow ? .max : bytes, zeroed: false) } catch {
      throw .outOfMemory("\(rows) scores")
    }
    let rowsPerBlock = ArchiveIndex.rowsPerBlock(rowBytes)
    let readsFiles = shards.contains { $0.memory == nil }
    let scratch = try MemoryBlock(hugePagesFor: readsFiles ? rowsPerBlock * rowBytes * pool.threads : 0)
    let blocks = shards.last.map { $0.firstBlock + $0.blocks } ?? 0
    let runsPerBlock = (rowsPerBlock + ScoreRun.length - 1) / ScoreRun.length
    let runs = try GrowingArray<ScoreRun>(repeating: ScoreRun(), count: blocks * runsPerBlock)
    let sums = try GrowingArray<ScoreSum>(repeating: ScoreSum(), count: blocks)
    let (numbers, all) = (query.numbers.base, memory.start.assumingMemoryBound(to: Float.self))
    let (start, blockRuns, blockSums) = (scratch.start, runs.buffer, sums.buffer)
    for first in stride(from: 0, to: shards.count, by: ArchiveIndex.openShards) {
      let open = first..<min(first + ArchiveIndex.openShards, shards.count)
      var files: [RegularFile?] = []
      for shard in shards[open] { files.append(shard.memory == nil ? try shard.openRows() : nil) }
      let firstBlock = shards[first].firstBlock
      let count = shards[open.upperBound - 1].firstBlock + shards[open.upperBound - 1].blocks - firstBlock
      try pool.runThrowing(count: count) { [files] (index, slot) throws(Failure) in
        let block = firstBlock + index
        let number = shardIndex(ofBlock: block, in: open)
        let shard = shards[number]
        let begin = (block - shard.firstBlock) * rowsPerBlock
        let rows = begin..<min(begin + rowsPerBlock, shard.count)
        let from: UnsafeRawPointer
        if let memory = shard.memory {
          from = memory.start + begin * rowBytes
        } else if let file = files[number - first] {
          let own = start + slot * rowsPerBlock * rowBytes
          try shard.read(rows, of: file, into: own)
          from = UnsafeRawPointer(own)
        } else {
          return
        }
        score(from, count: rows.count, numbers, all + shard.first + begin)
        var sum = ScoreSum()
        for run in 0..<(rows.count + ScoreRun.length - 1) / ScoreRun.length {
          let begin = shard.first + begin + run * ScoreRun.length
          let end = min(begin + ScoreRun.length, shard.first + rows.upperBound)
          blockRuns[block * runsPerBlock + run] = checked(all, begin..<end, &sum)
        }
        blockSums[block] = sum
      }
    }
    var total = ScoreSum()
    for sum in sums.view { total.add(sum) }
    extendLifetime(scratch)
    extendLifetime(sums)
    extendLifetime(query)
    return ScannedScores(memory, runs, mean: total.count > 0 ? total.sum / Double(total.count) : 0)
  }

  /// The index of the shard that has a block, among some.
  private func shardIndex(ofBlock block: Int, in some: Range<Int>) -> Int {
    var (low, high) = (some.lowerBound, some.upperBound)
    while high - low > 1 {
      let middle = (low + high) / 2
      if shards[middle].firstBlock <= block { low = middle } else { high = middle }
    }
    return low
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

  /// Takes out rows that are removed, or whose score no embedding can have, and adds up the others.
  private func checked(
    _ scores: UnsafeMutablePointer<Float>, _ rows: Range<Int>, _ sum: inout ScoreSum
  ) -> ScoreRun {
    typealias Lanes = SIMD8<Float>
    var (maxima, sums, row) = (Lanes(repeating: -.infinity), SIMD8<Double>(), rows.lowerBound)
    var run = ScoreRun(first: rows.lowerBound, count: rows.count)
    while row < rows.upperBound {
      if isRemoved.isEmpty, row + Lanes.scalarCount <= rows.upperBound {
        let some = UnsafeRawPointer(scores + row).loadUnaligned(as: Lanes.self)
        // A comparison with NaN is false.
        if all((some .<= ArchiveIndex.largestScore) .& (some .>= -ArchiveIndex.largestScore)) {
          maxima.replace(with: some, where: some .> maxima)  // pointwiseMax goes number by number
          sums += SIMD8<Double>(some)
          sum.count += Lanes.scalarCount
          row += Lanes.scalarCount
          continue
        }
      }
      for row in row..<min(row + Lanes.scalarCount, rows.upperBound) {
        let score = scores[row]
        guard abs(score) <= ArchiveIndex.largestScore, isRemoved.isEmpty || isRemoved[row] == 0 else {
          scores[row] = -.infinity
          continue
        }
        run.maximum = max(run.maximum, score)
        sum.sum += Double(score)
        sum.count += 1
      }
      row += Lanes.scalarCount
    }
    run.maximum = max(run.maximum, maxima.max())
    sum.sum += sums.sum()
    return run
  }

  /// The most that a score of a scan differs from the exact one, of any row that is an embedding.
  var scanError: Double { ckernels_scan_error(manifest.dimension) * ExactScore.maximumLength * 1.001 }

  /// The largest score that is taken for one of an embedding, which has unit length to a hundredth.
  private static let largestScore: Float = 1.1
}

/// The sum of some scores, and how many they are.
private struct ScoreSum: BitwiseCopyable {
  var sum = 0.0
  var count = 0

  mutating func add(_ other: ScoreSum) {
    sum += other.sum
    count += other.count
  }
}
