import System
import Text

/// The local header before an entry's data, checked against the entry of the central directory.
struct ZipLocalHeader {
  let name: UnsafeRawBufferPointer
  let entry: ZipArchive.Entry
  /// The offset of the central directory, before which all entries end.
  let limit: Int

  private var subject: String { "zip entry \(quoted(name))" }

  /// Checks the header; returns the offsets of the entry's data and of the next entry.
  func check(_ file: borrowing FileBytes) throws(Failure) -> (data: Int, next: Int) {
    // With the name in one go, for an archive may have many entries; one of another length differs.
    let header = try part(file, at: entry.headerOffset, count: 30 + name.count)
    defer { extendLifetime(header) }
    var cursor = ByteCursor(header.bytes, subject: subject)
    guard try cursor.integer(UInt32.self) == 0x0403_4B50 else {
      throw .invalid("\(subject) has no local header at offset \(entry.headerOffset)")
    }
    try cursor.skip(2)  // version
    let flags = try cursor.integer(UInt16.self)
    let method = try cursor.integer(UInt16.self)
    try cursor.skip(4)  // time and date
    let crc = try cursor.integer(UInt32.self)
    let compressed = try cursor.integer(UInt32.self)
    let size = try cursor.integer(UInt32.self)
    let nameCount = Int(try cursor.integer(UInt16.self))
    let extraCount = Int(try cursor.integer(UInt16.self))
    guard nameCount == name.count, try cursor.slice(nameCount).elementsEqual(name),
      flags == entry.flags, method == entry.method
    else { throw mismatch("name, flags or method") }
    let extras = try part(file, at: entry.headerOffset + 30 + nameCount, count: extraCount)
    defer { extendLifetime(extras) }
    var extra = ZipExtra(extras.bytes, subject: subject)
    let zip64 = try extra.zip64()
    let described = flags & 0x0008 != 0
    guard crc == entry.crc || described && crc == 0 else { throw mismatch("CRC-32") }
    try checkSizes(compressed, size, zip64: zip64, described: described)

    let data = entry.headerOffset + 30 + nameCount + extraCount
    guard entry.compressedSize <= limit - data else {
      throw .invalid(
        "\(subject) claims \(entry.compressedSize) bytes at offset \(data), past the zip directory "
          + "at \(limit)")
    }
    let end = data + entry.compressedSize
    guard described else { return (data, end) }
    return (data, end + (try checkDescriptor(file, at: end, isZip64: zip64 != nil)))
  }

  /// Sizes repeat the directory's, or are left to a descriptor (0) or to a zip64 field (all ones).
  private func checkSizes(
    _ compressed: UInt32, _ size: UInt32, zip64: UnsafeRawBufferPointer?, described: Bool
  ) throws(Failure) {
    let deferred = zip64 != nil && size == .max && compressed == .max
    let repeated = Int(size) == entry.size && Int(compressed) == entry.compressedSize
    guard deferred || repeated || described && size == 0 && compressed == 0 else {
      throw mismatch("size")
    }
    guard let zip64 else { return }
    // Sizes first if they need 64 bits; torch adds the header's offset if that does. Before it has
    // written the data it knows the size and leaves the compressed one 0.
    var values = ByteCursor(zip64, subject: subject)
    if deferred || values.remaining >= 16 {
      let zip64Size = try values.size64()
      let zip64Compressed = try values.size64()
      guard zip64Size == entry.size || described && zip64Size == 0,
        zip64Compressed == entry.compressedSize || described && zip64Compressed == 0
      else { throw mismatch("zip64 size") }
    }
    if values.remaining >= 8, try values.size64() != entry.headerOffset {
      throw mismatch("zip64 offset")
    }
    guard values.remaining == 0 else { throw mismatch("zip64 field") }
  }

  /// Checks the record after the data (signature, checksum, sizes); returns the record's length in bytes.
  private func checkDescriptor(
    _ file: borrowing FileBytes, at offset: Int, isZip64: Bool
  ) throws(Failure) -> Int {
    let count = isZip64 ? 24 : 16
    let block = try part(file, at: offset, count: count)
    defer { extendLifetime(block) }
    var cursor = ByteCursor(block.bytes, subject: "the data descriptor of \(subject)")
    let signature = try cursor.integer(UInt32.self)
    let crc = try cursor.integer(UInt32.self)
    let compressed = isZip64 ? try cursor.size64() : Int(try cursor.integer(UInt32.self))
    let size = isZip64 ? try cursor.size64() : Int(try cursor.integer(UInt32.self))
    guard
      signature == 0x0807_4B50, crc == entry.crc, compressed == entry.compressedSize,
      size == entry.size
    else { throw mismatch("data descriptor") }
    return count
  }

  private func part(
    _ file: borrowing FileBytes, at offset: Int, count: Int
  ) throws(Failure) -> ByteBlock {
    guard offset <= limit, count <= limit - offset else {
      throw .invalid("\(subject) runs into the zip directory at offset \(limit)")
    }
    return try file.block(at: offset, count: count)
  }

  private func mismatch(_ what: String) -> Failure {
    .invalid("\(subject): its local header and the zip directory differ in \(what)")
  }
}
