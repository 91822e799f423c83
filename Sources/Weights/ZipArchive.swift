import Compression
import System
import Text

/// The directory of a zip archive, checked so that no two zip readers could see different files.
///
/// The archive must be one unbroken chain from byte 0: local header, data, data descriptor if
/// announced, the next local header, ..., central directory, end records, end of file. Local and
/// central headers must agree. That leaves no room for overlaps, prepended or appended files,
/// comments or a second directory. torch writes exactly this: records padded to
/// 64 bytes through an extra field "FB", sizes in data descriptors, and zip64 end records always.
struct ZipArchive: ~Copyable {
  struct Entry: BitwiseCopyable {
    /// The offset of the entry's name in the central directory.
    let nameStart: Int
    let nameCount: Int
    let flags: UInt16
    let method: UInt16
    let crc: UInt32
    let compressedSize: Int
    let size: Int
    let headerOffset: Int
    /// The offset of the entry's data in the file, set when its local header was read.
    var dataOffset = 0
  }

  static let maximumEntries = 16_384
  static let maximumDirectory = 16 << 20
  static let maximumName = 1024

  private(set) var entries = GrowingArray<Entry>()
  let directory: ByteBlock
  /// Entry numbers, sorted by name with letter case folded.
  private var order = GrowingArray<Int>()

  static func open(_ file: borrowing FileBytes) throws(Failure) -> ZipArchive {
    let end = try ZipEnd(file)
    var archive = ZipArchive(
      directory: try file.block(at: end.directoryOffset, count: end.directorySize))
    try archive.readDirectory(entryCount: end.entryCount)
    try archive.readLocalHeaders(file, directoryOffset: end.directoryOffset)
    return archive
  }

  private init(directory: ByteBlock) { self.directory = directory }

  private mutating func readDirectory(entryCount: Int) throws(Failure) {
    var cursor = ByteCursor(directory.bytes, subject: "the zip directory")
    for index in 0..<entryCount {
      let entry = try ZipArchive.readCentralHeader(&cursor)
      try checkName(of: entry)
      try entries.append(entry)
      try order.append(index)
    }
    guard cursor.remaining == 0 else {
      throw .invalid("the zip directory has \(cursor.remaining) bytes more than its entries")
    }
    try checkUniqueNames()
  }

  func name(of entry: Entry) -> UnsafeRawBufferPointer {
    // Both were checked when the directory was read.
    UnsafeRawBufferPointer(
      rebasing: directory.bytes[entry.nameStart..<entry.nameStart + entry.nameCount])
  }

  /// The number of the entry of exactly this name.
  func find(_ name: [UInt8]) -> Int? {
    var low = 0
    var high = order.count
    while low < high {
      let middle = (low + high) / 2
      if ZipArchive.foldedPrecede(self.name(of: entries[order[middle]]), name) {
        low = middle + 1
      } else {
        high = middle
      }
    }
    guard low < order.count, self.name(of: entries[order[low]]).elementsEqual(name) else {
      return nil
    }
    return order[low]
  }

  /// An entry's bytes, with their checksum verified.
  func read(_ entry: Entry, from file: borrowing FileBytes) throws(Failure) -> ByteBlock {
    let record = try record(of: entry)
    let block = try file.block(at: record.offset, count: record.size)
    guard CRC32.checksum(block.bytes) == record.crc else { throw record.damage }
    return block
  }

  /// The place of an entry's bytes in the file. torch compresses programs alone, which are not read.
  func record(of entry: Entry) throws(Failure) -> ArchiveRecords.Record {
    let name = name(of: entry)
    guard entry.method == 0 else {
      throw .unsupported(
        "zip entry \(quoted(name)) is compressed (method \(entry.method)); torch "
          + "stores its records: save the file again with torch")
    }
    return ArchiveRecords.Record(
      name: Array(name), offset: entry.dataOffset, size: entry.size, crc: entry.crc)
  }

  // MARK: - Names

  private func checkName(of entry: Entry) throws(Failure) {
    let name = name(of: entry)
    guard isUTF8(name.assumingMemoryBound(to: UInt8.self)) else {
      throw .invalid("the zip entry name \(quoted(name)) is not valid UTF-8")
    }
    guard !name.contains(where: { $0 < 0x20 || $0 == 0x7F || $0 == UInt8(ascii: "\\") }) else {
      throw .invalid("the zip entry name \(quoted(name)) holds a backslash or a control character")
    }
    for part in name.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
      // An empty part is a leading, doubled or trailing slash; torch writes none of them.
      guard !part.isEmpty, !part.elementsEqual(".".utf8), !part.elementsEqual("..".utf8) else {
        throw .invalid("the zip entry name \(quoted(name)) is not a plain relative path")
      }
    }
  }

  /// Names that differ only in case are refused too: they are one file on some systems.
  private func checkUniqueNames() throws(Failure) {
    var numbers = order.buffer  // a view: sorting it sorts `order`
    numbers.sort { ZipArchive.foldedPrecede(name(of: entries[$0]), name(of: entries[$1])) }
    for position in 0..<max(0, order.count - 1) {
      let (a, b) = (name(of: entries[order[position]]), name(of: entries[order[position + 1]]))
      guard ZipArchive.foldedPrecede(a, b) else {
        throw .invalid("two zip entries are named \(quoted(b))")
      }
    }
  }

  private static func foldedPrecede(
    _ a: some Sequence<UInt8>, _ b: some Sequence<UInt8>
  ) -> Bool {
    a.lexicographicallyPrecedes(b) { folded($0) < folded($1) }
  }

  private static func folded(_ byte: UInt8) -> UInt8 {
    byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z") ? byte | 0x20 : byte
  }

  // MARK: - Local headers

  /// Walks the chain of entries in file order, which torch and every common writer keep equal to
  /// the directory's order.
  private mutating func readLocalHeaders(
    _ file: borrowing FileBytes, directoryOffset: Int
  ) throws(Failure) {
    var position = 0
    for index in 0..<entries.count {
      var entry = entries[index]
      guard entry.headerOffset == position else {
        throw .invalid(
          "zip entry \(quoted(name(of: entry))) begins at offset \(entry.headerOffset) where "
            + "\(position) is expected: entries must follow each other without gap or overlap")
      }
      let local = ZipLocalHeader(name: name(of: entry), entry: entry, limit: directoryOffset)
      (entry.dataOffset, position) = try local.check(file)
      entries[index] = entry
    }
    guard position == directoryOffset else {
      throw .invalid(
        "the zip directory begins at offset \(directoryOffset) where \(position) is expected")
    }
  }
}
