import Compression
import System
import Text

/// The records of an archive that tensors are read from, each of which is held against its checksum once, before
/// anything of it is used. Any threads may call it at once.
final class ArchiveRecords: Sendable {
  /// Where a record lies in the file, and its CRC-32 by the archive's directory.
  struct Record {
    /// The name of its zip entry, for messages.
    let name: [UInt8]
    let offset, size: Int
    let crc: UInt32

    /// The failure of bytes that do not match.
    var damage: Failure {
      .invalid(
        "zip entry \(quoted(name)) fails its CRC-32: the \(size) bytes at offset \(offset) are damaged")
    }
  }

  private let records: [Record]
  /// Whether each was found to match.
  private let sound: Monitor<[Bool]>

  init(_ records: [Record] = []) {
    self.records = records
    sound = Monitor(Array(repeating: false, count: records.count))
  }

  /// Whether the record was held against its checksum.
  func isChecked(_ index: Int) -> Bool { sound.withLock { $0[index] } }

  /// Reads the record and compares its checksum, unless that was done before: torch.load does not, and a flipped bit in
  /// a weight is caught here. The pool's threads read parts of it; nil: the calling thread reads it alone.
  func check(_ index: Int, in file: borrowing FileBytes, _ pool: ThreadPool? = nil) throws(Failure) {
    guard !isChecked(index) else { return }
    let record = records[index]
    guard try file.checksum(at: record.offset, count: record.size, pool) == record.crc else {
      throw record.damage
    }
    sound.withLock { $0[index] = true }
  }
}

extension FileBytes {
  /// The CRC-32 of `count` bytes at `offset`, none of which is kept. The pool's threads share the reading.
  func checksum(at offset: Int, count: Int, _ pool: ThreadPool? = nil) throws(Failure) -> UInt32 {
    let size = FileBytes.piece
    let pieces = max(1, (count + size - 1) / size)
    let pool = pool ?? ThreadPool(threads: 1)
    // Any thread may take any piece, and there is one thread for a single piece.
    let threads = pieces > 1 ? pool.threads : 1
    let memory = try GrowingArray<UInt8>(uninitialized: threads * min(size, max(count, 1)))
    let sums = try GrowingArray<UInt32>(repeating: 0, count: pieces)
    let (buffers, out) = (memory.base, sums.base)
    try pool.runThrowing(count: pieces) { (index, slot) throws(Failure) in
      let own = min(size, count - index * size)
      let buffer = UnsafeMutableRawBufferPointer(start: buffers + slot * size, count: own)
      out[index] = try checksum(at: offset + index * size, by: buffer)
    }
    extendLifetime(memory)
    // All pieces but the last are of one size.
    let (step, last) = (CRC32.shift(bytes: size), CRC32.shift(bytes: count - (pieces - 1) * size))
    var sum: UInt32 = 0
    for index in 0..<pieces {
      sum = CRC32.joined(sum, sums.base[index], by: index + 1 < pieces ? step : last)
    }
    extendLifetime(sums)
    return sum
  }

  /// The CRC-32 of as many bytes at `offset` as `buffer` has, which takes those of a file.
  private func checksum(at offset: Int, by buffer: UnsafeMutableRawBufferPointer) throws(Failure) -> UInt32 {
    if let bytes = borrowed(at: offset, count: buffer.count) { return CRC32.checksum(bytes) }
    try read(at: offset, into: buffer)
    return CRC32.checksum(UnsafeRawBufferPointer(buffer))
  }
}
