import Glibc

/// Rows of one video that wait until it is its turn to be written: in memory, and in a nameless file of the archive's
/// folder where they are many. So memory does not grow with a video.
final class RowSpool {
  private let folder: FilePath
  /// Bytes of a row: start and end in nanoseconds, then the numbers.
  private let rowBytes: Int
  private var waiting: [UInt8] = []
  /// The file; -1: none yet.
  private var descriptor: Int32 = -1
  private(set) var rows = 0

  private static let timeBytes = 16
  /// Bytes that are kept in memory, about.
  private static let largest = 1 << 18

  /// - Parameter rowBytes: bytes of a row's numbers.
  init(_ folder: FilePath, rowBytes: Int) {
    (self.folder, self.rowBytes) = (folder, rowBytes + RowSpool.timeBytes)
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Adds a row, whose numbers `numbers` appends.
  func add(start: Int64, end: Int64, _ numbers: (inout [UInt8]) -> Void) throws(CommandError) {
    for time in [start, end] { withUnsafeBytes(of: time) { waiting.append(contentsOf: $0) } }
    numbers(&waiting)
    rows += 1
    if waiting.count >= RowSpool.largest { try spill() }
  }

  private func spill() throws(CommandError) {
    if descriptor < 0 { descriptor = try makeFile() }
    try Files.write(waiting[...], to: descriptor, name: name)
    waiting.removeAll(keepingCapacity: true)
  }

  /// The file in messages, which has no name of its own.
  private var name: String { "\(folder.shown): a temporary file for the rows of a long video" }

  /// The beginning of the name that a file has for a moment.
  private static let prefix = "rows.part."

  /// Removes files of a process that was killed in the moment when they had a name.
  static func removeAll(in folder: FilePath) throws(CommandError) {
    for entry in try FolderList.entries(of: folder) where entry.name.starts(with: prefix.utf8) {
      unlink(entry.path.cString)
    }
  }

  /// A file without a name, which ends with the process.
  private func makeFile() throws(CommandError) -> Int32 {
    var name = folder.file(RowSpool.prefix + "XXXXXX").cString
    let made = mkstemp(&name)
    guard made >= 0 else { throw CommandError.system(self.name) }
    unlink(name)
    return made
  }

  /// Forgets all rows, since the video is read again.
  func reset() throws(CommandError) {
    waiting.removeAll(keepingCapacity: true)
    rows = 0
    guard descriptor >= 0 else { return }
    guard ftruncate(descriptor, 0) == 0, lseek(descriptor, 0, SEEK_SET) == 0 else {
      throw CommandError.system(name)
    }
  }

  /// Calls `take` with the numbers and the times of the rows, some at a time, in their order.
  func read(
    _ take: (ArraySlice<UInt8>, [(start: Int64, end: Int64)]) throws(CommandError) -> Void
  ) throws(CommandError) {
    if descriptor >= 0 {
      guard lseek(descriptor, 0, SEEK_SET) == 0 else { throw CommandError.system(name) }
      var rest: [UInt8] = []
      while let chunk = try Files.readChunk(descriptor, name: name) {
        rest += chunk
        let whole = rest.count / rowBytes * rowBytes
        try give(rest[..<whole], take)
        rest.removeFirst(whole)
      }
    }
    try give(waiting[...], take)
  }

  private func give(
    _ bytes: ArraySlice<UInt8>,
    _ take: (ArraySlice<UInt8>, [(start: Int64, end: Int64)]) throws(CommandError) -> Void
  ) throws(CommandError) {
    var (numbers, times) = ([UInt8](), [(start: Int64, end: Int64)]())
    numbers.reserveCapacity(bytes.count)
    for row in stride(from: bytes.startIndex, to: bytes.endIndex, by: rowBytes) {
      times.append(
        bytes.withUnsafeBytes { raw in
          let at = row - bytes.startIndex
          return (
            raw.loadUnaligned(fromByteOffset: at, as: Int64.self),
            raw.loadUnaligned(fromByteOffset: at + 8, as: Int64.self)
          )
        })
      numbers += bytes[row + RowSpool.timeBytes..<row + rowBytes]
    }
    if !times.isEmpty { try take(numbers[...], times) }
  }
}
