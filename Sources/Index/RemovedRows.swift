import System
import Text

/// A line of an archive's removed.jsonl: rows of a shard that are not to be found any more.
struct RemovedRows {
  private var shard = -1
  private var first = 0
  private var count = 0

  private static let maximumText = 1 << 16

  /// Reads a line, a JSON object.
  private init(line: UnsafeRawBufferPointer) throws(Failure) {
    var json = JSONReader(line, maximumDepth: 8, maximumKeys: 64, subject: "")
    try json.beginObject()
    while let key = try json.nextKey(atMost: 256) {
      switch key {
      case "shard": shard = try json.integer()
      case "row": first = try json.integer()
      case "rows": count = try json.integer()
      default: try json.skip(atMost: RemovedRows.maximumText)
      }
    }
    try json.finish()
  }

  /// 1 for each row of an archive that its removed.jsonl names; empty if there is no such file.
  static func marks(
    _ path: FilePath, _ shards: [Shard], _ rows: Int, _ pool: ThreadPool, scratch: UnsafeMutableRawPointer
  ) throws(Failure) -> GrowingArray<UInt8> {
    guard path.exists else { return GrowingArray() }
    let marks = try GrowingArray<UInt8>(repeating: 0, count: rows)
    do throws(Failure) {
      let lines = try LinesFile(path, pool, scratch: scratch)
      var reader = try LinesFile.Reader(lines)
      for index in 0..<lines.count {
        if index % 256 == 0 { try checkCancelled() }
        let line = try reader.line(index)
        do throws(Failure) { try RemovedRows(line: line).mark(shards, marks.base) } catch {
          throw error.about("line \(index + 1)")
        }
      }
    } catch { throw error.about(path) }
    return marks
  }

  /// Marks the line's rows. A shard that is not there is passed over: it may be one that is still written.
  private func mark(_ shards: [Shard], _ marks: UnsafeMutablePointer<UInt8>) throws(Failure) {
    guard shard >= 0 else { throw .invalid("it has no shard") }
    // Shards are in the order of their numbers.
    var (low, high) = (0, shards.count)
    while low < high {
      let middle = (low + high) / 2
      if shards[middle].number < shard { low = middle + 1 } else { high = middle }
    }
    guard low < shards.count, shards[low].number == shard else { return }
    let all = shards[low].count
    guard count <= all, first <= all - count else {
      throw .invalid("rows \(first) + \(count) are beyond the \(all) of shard \(shard)")
    }
    (marks + shards[low].first + first).update(repeating: 1, count: count)
  }
}
