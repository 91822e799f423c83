import Glibc

/// Reads rows of an archive, to copy them.
struct ArchiveRows {
  private let folder: ArchiveFolder
  private let manifest: ArchiveManifest
  /// The lines of the shard that was read last.
  private var last: (shard: Int, lines: [ArraySlice<UInt8>])?

  init(_ folder: ArchiveFolder, _ manifest: ArchiveManifest) {
    (self.folder, self.manifest) = (folder, manifest)
  }

  /// Rows that are copied together.
  private static let group = 1024

  /// Calls `take` with the numbers of a video's rows and with the lines that they have under another path, some rows at
  /// a time.
  mutating func read(
    _ video: ArchivedVideo, as path: String, take: (ArraySlice<UInt8>, [[UInt8]]) throws(CommandError) -> Void
  ) throws(CommandError) {
    let (own, other) = (WindowLine.start(video.path, video.sha256), WindowLine.start(path, video.sha256))
    for piece in video.pieces(rowsPerShard: manifest.rowsPerShard) {
      let file = try file(ArchiveFolder.embeddings(piece.shard))
      let descriptor = open(file.cString, O_RDONLY | O_CLOEXEC)
      guard descriptor >= 0 else { throw CommandError.system(file.shown) }
      defer { close(descriptor) }
      let lines = try lines(of: piece.shard, count: piece.rows.upperBound)
      for first in stride(from: piece.rows.lowerBound, to: piece.rows.upperBound, by: ArchiveRows.group) {
        let rows = first..<min(first + ArchiveRows.group, piece.rows.upperBound)
        let offset = EmbeddingType.headerBytes + first * manifest.rowBytes
        let numbers = try ArchiveRows.read(descriptor, rows.count * manifest.rowBytes, at: offset, file.shown)
        guard lines.count >= rows.upperBound, lines[rows].allSatisfy({ $0.starts(with: own) }) else {
          throw CommandError(
            "\(file.shown): its lines are not those of \(video.path): remove the archive, and run embed again"
          )
        }
        try take(numbers[...], lines[rows].map { other + Array($0.dropFirst(own.count)) + [0x0A] })
      }
    }
  }

  /// The lines of a shard, or at least its first `count`: lines are only ever appended.
  private mutating func lines(of shard: Int, count: Int) throws(CommandError) -> [ArraySlice<UInt8>] {
    if let last, last.shard == shard, last.lines.count >= count { return last.lines }
    let lines = try Files.read(file(ArchiveFolder.rows(shard))).split(separator: 0x0A)
    last = (shard, lines)
    return lines
  }

  /// A file of a shard, which may not have its name yet.
  private func file(_ name: String) throws(CommandError) -> FilePath {
    let part = ArchiveFolder.part(name)
    return folder.path.file(folder.exists(part) && !folder.exists(name) ? part : name)
  }

  private static func read(
    _ descriptor: Int32, _ count: Int, at offset: Int, _ name: String
  ) throws(CommandError) -> [UInt8] {
    var done = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      while done < count, let start = buffer.baseAddress {
        let got = pread(descriptor, start + done, count - done, off_t(offset + done))
        if got < 0, errno == EINTR { continue }
        guard got > 0 else { break }
        done += got
      }
      filled = done
    }
    guard done == count else {
      throw CommandError("\(name): it ends too early: remove the archive, and run embed again")
    }
    return bytes
  }
}

/// A line of meta_NNNN.jsonl, which tells a row's video and time.
enum WindowLine {
  /// The line up to the times.
  static func start(_ path: String, _ sha256: String) -> [UInt8] {
    let members: JSONValue = ["path": .string(path), "sha256": .string(sha256)]
    return Array(members.text.utf8.dropLast())
  }

  /// The rest of the line, with its end. Times are in nanoseconds from the first frame.
  static func end(_ start: Int64, _ end: Int64) -> [UInt8] {
    let members: JSONValue = ["start": .double(Double(start) / 1e9), "end": .double(Double(end) / 1e9)]
    return [UInt8(ascii: ",")] + Array(members.text.utf8.dropFirst()) + [0x0A]
  }
}
