import Glibc

/// A shard that is being written: two open files under temporary names, to which rows are appended.
final class ShardPart {
  let shard: Int
  private let folder: ArchiveFolder
  private let embeddings: Int32
  private let rows: Int32

  /// Begins a shard, or goes on with one.
  /// - Parameter kept: the number of rows that are kept; later ones are cut off. 0: a new shard.
  init(_ folder: ArchiveFolder, _ manifest: ArchiveManifest, shard: Int, kept: Int) throws(CommandError) {
    (self.folder, self.shard) = (folder, shard)
    let names = [ArchiveFolder.embeddings(shard), ArchiveFolder.rows(shard)].map(ArchiveFolder.part)
    let flags = O_RDWR | O_CLOEXEC | O_APPEND | (kept == 0 ? O_CREAT | O_TRUNC : 0)
    var descriptors: [Int32] = []
    for name in names {
      let descriptor = open(folder.path.file(name).cString, flags, 0o666)
      guard descriptor >= 0 else {
        let error = CommandError.system(folder.path.file(name).shown)
        for descriptor in descriptors { close(descriptor) }
        throw error
      }
      descriptors.append(descriptor)
    }
    (embeddings, rows) = (descriptors[0], descriptors[1])
    if kept == 0 {
      try writeNumbers(manifest.header(rows: manifest.rowsPerShard)[...], to: embeddings)
    } else {
      try cut(to: kept, rowBytes: manifest.rowBytes)
    }
  }

  deinit {
    close(embeddings)
    close(rows)
  }

  private func cut(to kept: Int, rowBytes: Int) throws(CommandError) {
    let name = folder.path.file(ArchiveFolder.part(ArchiveFolder.embeddings(shard))).shown
    let bytes = EmbeddingType.headerBytes + kept * rowBytes
    let lines = try Files.read(rows, name: name)
    let ends = lines.indices.lazy.filter { lines[$0] == 0x0A }.prefix(kept)
    var status = stat()
    guard fstat(embeddings, &status) == 0, status.st_size >= bytes, let last = Array(ends).last,
      ends.count == kept
    else {
      throw CommandError(
        "\(name): it lacks rows that \(ArchiveFolder.videos) has: remove the archive, and run embed again")
    }
    guard ftruncate(embeddings, off_t(bytes)) == 0, ftruncate(rows, off_t(last + 1)) == 0 else {
      throw CommandError.system(name)
    }
  }

  /// Appends rows, and a line for each.
  func append(_ numbers: ArraySlice<UInt8>, lines: [UInt8]) throws(CommandError) {
    try writeNumbers(numbers, to: embeddings)
    try Files.write(lines[...], to: rows, name: folder.path.file(ArchiveFolder.rows(shard)).shown)
  }

  private func writeNumbers(_ bytes: ArraySlice<UInt8>, to descriptor: Int32) throws(CommandError) {
    try Files.write(bytes, to: descriptor, name: folder.path.file(ArchiveFolder.embeddings(shard)).shown)
  }

  /// Waits until all rows are on the disk.
  func sync() throws(CommandError) {
    guard fsync(embeddings) == 0, fsync(rows) == 0 else {
      throw CommandError.system(folder.path.file(ArchiveFolder.embeddings(shard)).shown)
    }
  }

  /// Writes the number of rows into the header, before `sync` and `commit`.
  func end(rows count: Int, _ manifest: ArchiveManifest) throws(CommandError) {
    let name = ArchiveFolder.part(ArchiveFolder.embeddings(shard))
    // A descriptor of its own: one that appends writes nowhere else.
    let descriptor = open(folder.path.file(name).cString, O_WRONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw CommandError.system(folder.path.file(name).shown) }
    defer { close(descriptor) }
    try writeNumbers(manifest.header(rows: count)[...], to: descriptor)
  }

  /// Gives both files their names: the shard counts from then on.
  static func commit(_ shard: Int, in folder: ArchiveFolder) throws(CommandError) {
    let (embeddings, rows) = (ArchiveFolder.embeddings(shard), ArchiveFolder.rows(shard))
    if folder.exists(ArchiveFolder.part(rows)) { try folder.rename(ArchiveFolder.part(rows), to: rows) }
    try folder.rename(ArchiveFolder.part(embeddings), to: embeddings)
  }
}

extension ArchiveManifest {
  /// Bytes of a row of numbers.
  var rowBytes: Int { dimension * dtype.bytes }

  func header(rows: Int) -> [UInt8] { dtype.header(rows: rows, dimension: dimension) }
}
