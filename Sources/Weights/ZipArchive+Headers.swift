/// The records at the end of an archive: where its directory lies.
struct ZipEnd {
  let entryCount: Int
  let directoryOffset: Int
  let directorySize: Int

  private static let endSize = 22
  private static let locatorSize = 20
  private static let end64Size = 56

  init(_ file: borrowing FileBytes) throws(WeightsError) {
    let all = ZipEnd.endSize + ZipEnd.locatorSize + ZipEnd.end64Size
    let tail = try file.block(at: max(0, file.size - all), count: min(all, file.size))
    defer { extendLifetime(tail) }
    guard tail.bytes.count >= ZipEnd.endSize else { throw ZipEnd.noEnd }
    var end = ByteCursor(
      UnsafeRawBufferPointer(rebasing: tail.bytes.suffix(ZipEnd.endSize)),
      subject: "the zip end record")
    guard try end.integer(UInt32.self) == 0x0605_4B50 else { throw ZipEnd.noEnd }
    let disks = try (end.integer(UInt16.self), end.integer(UInt16.self))
    let counts = try (end.integer(UInt16.self), end.integer(UInt16.self))
    let size = try end.integer(UInt32.self)
    let offset = try end.integer(UInt32.self)
    guard try end.integer(UInt16.self) == 0 else {
      throw .invalid("the zip archive has a comment, or bytes after its end")
    }
    guard disks == (0, 0), counts.0 == counts.1 else {
      throw .invalid("the zip archive claims to be split over several disks")
    }

    var position = file.size - ZipEnd.endSize
    var found = (entries: Int(counts.0), size: Int(size), offset: Int(offset))
    let rest = tail.bytes.dropLast(ZipEnd.endSize)
    if rest.count >= ZipEnd.locatorSize,
      rest.suffix(ZipEnd.locatorSize).starts(with: [0x50, 0x4B, 0x06, 0x07])
    {
      guard rest.count == ZipEnd.locatorSize + ZipEnd.end64Size else { throw ZipEnd.noEnd64 }
      position -= ZipEnd.locatorSize + ZipEnd.end64Size
      let wide = try ZipEnd.readEnd64(UnsafeRawBufferPointer(rebasing: rest), at: position)
      // The short record repeats the wide one, or says "see there" with all ones.
      guard
        counts.0 == .max || found.entries == wide.entries, size == .max || found.size == wide.size,
        offset == .max || found.offset == wide.offset
      else { throw .invalid("the zip archive's two end records contradict each other") }
      found = wide
    }

    guard found.entries <= ZipArchive.maximumEntries else {
      throw .limit(
        "the zip archive has \(found.entries) entries; at most \(ZipArchive.maximumEntries) are read")
    }
    guard found.size <= ZipArchive.maximumDirectory else {
      throw .limit(
        "the zip directory takes \(found.size) bytes; at most \(ZipArchive.maximumDirectory) are read")
    }
    let (directoryEnd, overflow) = found.offset.addingReportingOverflow(found.size)
    guard !overflow, directoryEnd == position else {
      throw .invalid(
        "the zip directory should end at offset \(position): \(found.size) bytes at offset "
          + "\(found.offset) do not")
    }
    entryCount = found.entries
    directoryOffset = found.offset
    directorySize = found.size
  }

  /// The zip64 end record, then its locator; `position` is the record's offset in the file.
  private static func readEnd64(
    _ bytes: UnsafeRawBufferPointer, at position: Int
  ) throws(WeightsError) -> (entries: Int, size: Int, offset: Int) {
    var cursor = ByteCursor(bytes, subject: "the zip64 end record")
    guard try cursor.integer(UInt32.self) == 0x0606_4B50, try cursor.size64() == end64Size - 12
    else { throw noEnd64 }
    try cursor.skip(4)  // versions
    let disks = try (cursor.integer(UInt32.self), cursor.integer(UInt32.self))
    let counts = try (cursor.size64(), cursor.size64())
    let size = try cursor.size64()
    let offset = try cursor.size64()
    try cursor.skip(4)  // the locator's signature, seen by the caller
    let locatorDisk = try cursor.integer(UInt32.self)
    guard try cursor.size64() == position else { throw noEnd64 }
    let diskCount = try cursor.integer(UInt32.self)
    guard disks == (0, 0), counts.0 == counts.1, locatorDisk == 0, diskCount == 1 else {
      throw .invalid("the zip archive claims to be split over several disks")
    }
    return (counts.0, size, offset)
  }

  private static let noEnd = WeightsError.invalid(
    "no zip end record at the end of the file: it is truncated, or has bytes after its end")
  private static let noEnd64 = WeightsError.invalid(
    "the zip64 end record is not directly before its locator, or is damaged")
}

extension ZipArchive {
  /// One entry of the central directory.
  static func readCentralHeader(_ cursor: inout ByteCursor) throws(WeightsError) -> Entry {
    let start = cursor.position
    guard try cursor.integer(UInt32.self) == 0x0201_4B50 else {
      throw .invalid("the zip directory has no entry at its offset \(start)")
    }
    try cursor.skip(4)  // versions
    let flags = try cursor.integer(UInt16.self)
    let method = try cursor.integer(UInt16.self)
    try cursor.skip(4)  // time and date
    let crc = try cursor.integer(UInt32.self)
    let compressed = try cursor.integer(UInt32.self)
    let size = try cursor.integer(UInt32.self)
    let nameCount = Int(try cursor.integer(UInt16.self))
    let extraCount = Int(try cursor.integer(UInt16.self))
    let commentCount = try cursor.integer(UInt16.self)
    let disk = try cursor.integer(UInt16.self)
    try cursor.skip(6)  // attributes
    let offset = try cursor.integer(UInt32.self)
    let nameStart = cursor.position
    let name = try cursor.slice(nameCount)
    let subject = "zip entry \(quoted(name))"
    guard nameCount > 0, nameCount <= maximumName else {
      throw .limit("a zip entry's name has \(nameCount) bytes; 1 to \(maximumName) are read")
    }
    // Bits 1 and 2 describe deflate, 3 announces a data descriptor, 11 says the name is UTF-8.
    guard flags & ~0x080E == 0 else {
      throw .unsupported("\(subject) is encrypted or uses zip features torch does not (\(flags))")
    }
    guard commentCount == 0, disk == 0 else {
      throw .invalid("\(subject) has a comment or lies on another disk")
    }
    var wide = ZipExtra(try cursor.slice(extraCount), subject: subject)
    let zip64 = try wide.zip64()
    var values = ByteCursor(zip64 ?? UnsafeRawBufferPointer(start: nil, count: 0), subject: subject)
    let wideSize = size == .max ? try values.size64() : Int(size)
    let wideCompressed = compressed == .max ? try values.size64() : Int(compressed)
    let wideOffset = offset == .max ? try values.size64() : Int(offset)
    guard values.remaining == 0 else {
      throw .invalid("\(subject) has zip64 sizes beside its plain ones")
    }
    guard method != 0 || wideSize == wideCompressed else {
      throw .invalid("\(subject) is stored, but its two sizes differ: \(wideSize), \(wideCompressed)")
    }
    return Entry(
      nameStart: nameStart, nameCount: nameCount, flags: flags, method: method, crc: crc,
      compressedSize: wideCompressed, size: wideSize, headerOffset: wideOffset)
  }
}

/// The extra fields of a header: pairs of id and length, then bytes.
struct ZipExtra {
  private var cursor: ByteCursor
  private let subject: String

  init(_ bytes: UnsafeRawBufferPointer, subject: String) {
    cursor = ByteCursor(bytes, subject: "the extra field of \(subject)")
    self.subject = subject
  }

  /// The zip64 field, if there is one. All fields are walked: a malformed one is refused.
  mutating func zip64() throws(WeightsError) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    while cursor.remaining > 0 {
      let id = try cursor.integer(UInt16.self)
      let field = try cursor.slice(Int(cursor.integer(UInt16.self)))
      guard id == 0x0001 else { continue }
      guard found == nil else { throw .invalid("\(subject) has two zip64 fields") }
      found = field
    }
    return found
  }
}

/// The header before an entry's data, compared with the directory's account of it.
struct ZipLocalHeader {
  let name: UnsafeRawBufferPointer
  let entry: ZipArchive.Entry
  /// Where the directory begins: entries end before it.
  let limit: Int

  /// Where the data begins, and where the next entry must.
  func check(_ file: borrowing FileBytes) throws(WeightsError) -> (data: Int, next: Int) {
    let subject = "zip entry \(quoted(name))"
    let fixed = try part(file, at: entry.headerOffset, count: 30)
    defer { extendLifetime(fixed) }
    var cursor = ByteCursor(fixed.bytes, subject: subject)
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

    let variable = try part(file, at: entry.headerOffset + 30, count: nameCount + extraCount)
    defer { extendLifetime(variable) }
    var names = ByteCursor(variable.bytes, subject: subject)
    let localName = try names.slice(nameCount)
    var extra = ZipExtra(try names.slice(extraCount), subject: subject)
    let zip64 = try extra.zip64()
    guard localName.elementsEqual(name), flags == entry.flags, method == entry.method else {
      throw mismatch(subject, "name, flags or method")
    }
    let described = flags & 0x0008 != 0
    guard crc == entry.crc || described && crc == 0 else { throw mismatch(subject, "CRC-32") }
    try checkSizes(compressed, size, zip64: zip64, described: described, subject: subject)

    let data = entry.headerOffset + 30 + nameCount + extraCount
    guard entry.compressedSize <= limit - data else {
      throw .invalid(
        "\(subject) claims \(entry.compressedSize) bytes at offset \(data), past the zip directory "
          + "at \(limit)")
    }
    let end = data + entry.compressedSize
    guard described else { return (data, end) }
    return (data, end + (try checkDescriptor(file, at: end, wide: zip64 != nil, subject)))
  }

  /// Sizes repeat the directory's, or are left to a descriptor (0) or to a zip64 field (all ones).
  private func checkSizes(
    _ compressed: UInt32, _ size: UInt32, zip64: UnsafeRawBufferPointer?, described: Bool,
    subject: String
  ) throws(WeightsError) {
    let deferred = zip64 != nil && size == .max && compressed == .max
    let repeated = Int(size) == entry.size && Int(compressed) == entry.compressedSize
    guard deferred || repeated || described && size == 0 && compressed == 0 else {
      throw mismatch(subject, "size")
    }
    guard let zip64 else { return }
    // Sizes first if they are wide; torch adds the header's offset if that is wide.
    var values = ByteCursor(zip64, subject: subject)
    if deferred || values.remaining >= 16 {
      let wideSize = try values.size64()
      let wideCompressed = try values.size64()
      let isZero = wideSize == 0 && wideCompressed == 0 && described
      guard isZero || wideSize == entry.size && wideCompressed == entry.compressedSize else {
        throw mismatch(subject, "zip64 size")
      }
    }
    if values.remaining >= 8, try values.size64() != entry.headerOffset {
      throw mismatch(subject, "zip64 offset")
    }
    guard values.remaining == 0 else { throw mismatch(subject, "zip64 field") }
  }

  /// The record after the data: signature, checksum, sizes. Its length.
  private func checkDescriptor(
    _ file: borrowing FileBytes, at offset: Int, wide: Bool, _ subject: String
  ) throws(WeightsError) -> Int {
    let count = wide ? 24 : 16
    let block = try part(file, at: offset, count: count)
    defer { extendLifetime(block) }
    var cursor = ByteCursor(block.bytes, subject: "the data descriptor of \(subject)")
    let signature = try cursor.integer(UInt32.self)
    let crc = try cursor.integer(UInt32.self)
    let compressed = wide ? try cursor.size64() : Int(try cursor.integer(UInt32.self))
    let size = wide ? try cursor.size64() : Int(try cursor.integer(UInt32.self))
    guard
      signature == 0x0807_4B50, crc == entry.crc, compressed == entry.compressedSize,
      size == entry.size
    else { throw mismatch(subject, "data descriptor") }
    return count
  }

  private func part(
    _ file: borrowing FileBytes, at offset: Int, count: Int
  ) throws(WeightsError) -> ByteBlock {
    guard offset <= limit, count <= limit - offset else {
      throw .invalid("zip entry \(quoted(name)) runs into the zip directory at offset \(limit)")
    }
    return try file.block(at: offset, count: count)
  }

  private func mismatch(_ subject: String, _ what: String) -> WeightsError {
    .invalid("\(subject): its local header and the zip directory differ in \(what)")
  }
}
