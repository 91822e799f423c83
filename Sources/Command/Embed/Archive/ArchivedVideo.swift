import FoundationEssentials

/// The place of a row in an archive.
struct ArchivePlace: Comparable, Hashable {
  let shard: Int
  let row: Int

  static func < (one: ArchivePlace, other: ArchivePlace) -> Bool {
    (one.shard, one.row) < (other.shard, other.row)
  }
}

/// A video of an archive: a line of videos.jsonl.
struct ArchivedVideo: Decodable {
  let path: String
  /// The SHA-256 of the file.
  let sha256: String
  /// The file's size in bytes, and when it was last changed.
  let size: Int64
  let mtimeNs: Int64
  /// Seconds.
  let duration: Double
  let damagedFrames: Int64
  /// The place of the first row.
  let shard: Int
  let row: Int
  /// The number of rows, at least 1. Those that have no room in the shard stand at the beginning of the next ones.
  let rows: Int

  /// Whether the place of the rows is one that an archive can have.
  func fits(rowsPerShard: Int) -> Bool {
    (0...1 << 30).contains(shard) && (0..<rowsPerShard).contains(row) && (1...1 << 30).contains(rows)
      && rows / rowsPerShard <= 1 << 20
  }

  /// The file as it was when its rows were made.
  var state: FileState { FileState(size: size, mtimeNs: mtimeNs) }

  var place: ArchivePlace { ArchivePlace(shard: shard, row: row) }

  var json: JSONValue {
    [
      "path": .string(path), "sha256": .string(sha256), "size": .int(size), "mtime_ns": .int(mtimeNs),
      "duration": .double(duration), "damaged_frames": .int(damagedFrames), "shard": .int(Int64(shard)),
      "row": .int(Int64(row)), "rows": .int(Int64(rows)),
    ]
  }

  /// The rows in pieces, each of one shard.
  func pieces(rowsPerShard: Int) -> [(shard: Int, rows: Range<Int>)] {
    var (pieces, left, place) = ([(shard: Int, rows: Range<Int>)](), rows, place)
    while left > 0 {
      let count = min(left, rowsPerShard - place.row)
      pieces.append((place.shard, place.row..<place.row + count))
      left -= count
      place = ArchivePlace(shard: place.shard + 1, row: 0)
    }
    return pieces
  }

  /// The place after the last row.
  func end(rowsPerShard: Int) -> ArchivePlace {
    let last = pieces(rowsPerShard: rowsPerShard).last ?? (shard, row..<row)
    return last.rows.upperBound == rowsPerShard
      ? ArchivePlace(shard: last.shard + 1, row: 0)
      : ArchivePlace(shard: last.shard, row: last.rows.upperBound)
  }
}

/// A video that could not be embedded: a line of failures.jsonl.
struct FailedVideo: Decodable {
  let path: String
  /// The name of a status, such as "ACTIONCLIP_ERROR_VIDEO_INVALID".
  let status: String
  let message: String
  /// The file's size in bytes and when it was last changed; nil if that is not known.
  let size: Int64?
  let mtimeNs: Int64?

  /// The file as it was when it failed; nil if that is not known.
  var state: FileState? {
    guard let size, let mtimeNs else { return nil }
    return FileState(size: size, mtimeNs: mtimeNs)
  }

  var json: JSONValue {
    [
      "path": .string(path), "status": .string(status), "message": .string(message),
      "size": size.map { .int($0) } ?? .null, "mtime_ns": mtimeNs.map { .int($0) } ?? .null,
    ]
  }
}

/// Rows that readers leave out: a line of removed.jsonl. All are of one shard.
struct RemovedRows: Decodable, Hashable {
  let path: String
  let shard: Int
  let row: Int
  let rows: Int

  var json: JSONValue {
    [
      "path": .string(path), "shard": .int(Int64(shard)), "row": .int(Int64(row)), "rows": .int(Int64(rows)),
    ]
  }
}

/// Reads files of JSON lines.
enum ArchiveLines {
  /// The values of all lines.
  /// - Parameter isOpen: whether the last line may be incomplete, as one that was being written; it is left out.
  static func read<Value: Decodable>(
    _ file: FilePath, as type: Value.Type, isOpen: Bool = false
  ) throws(CommandError) -> (values: [Value], bytes: Int) {
    guard file.exists else { return ([], 0) }
    let bytes = try Files.read(file)
    let whole = (bytes.lastIndex(of: 0x0A) ?? -1) + 1
    guard whole == bytes.count || isOpen else {
      throw CommandError("\(file.shown): its last line is incomplete; remove the line")
    }
    var values: [Value] = []
    let decoder = ArchiveLines.decoder()
    for (index, line) in bytes[..<whole].split(separator: 0x0A).enumerated() {
      guard let value = try? decoder.decode(type, from: Data(line)) else {
        throw CommandError(
          "\(file.shown): line \(index + 1) is damaged; take the file from a backup, or remove the archive, and run embed again"
        )
      }
      values.append(value)
    }
    return (values, whole)
  }

  /// The value of a line, or of a file that is one object.
  static func value<Value: Decodable>(_ line: ArraySlice<UInt8>, as type: Value.Type) throws -> Value {
    try decoder().decode(type, from: Data(line))
  }

  private static func decoder() -> JSONDecoder {
    let decoder = JSONDecoder()
    decoder.keyDecodingStrategy = .convertFromSnakeCase
    return decoder
  }

  static func text(_ lines: some Sequence<JSONValue>) -> [UInt8] {
    lines.reduce(into: []) { bytes, line in bytes += Array((line.text + "\n").utf8) }
  }
}
