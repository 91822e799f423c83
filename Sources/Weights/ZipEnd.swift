import System

/// The position of a zip archive's central directory, read from the records at the archive's end.
struct ZipEnd {
  let entryCount: Int
  let directoryOffset: Int
  let directorySize: Int

  private static let endSize = 22
  private static let locatorSize = 20
  private static let end64Size = 56

  init(_ file: borrowing FileBytes) throws(Failure) {
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
      let zip64 = try ZipEnd.readEnd64(UnsafeRawBufferPointer(rebasing: rest), at: position)
      // The short record repeats the zip64 one, or has all bits set where only that one tells.
      guard
        counts.0 == .max || found.entries == zip64.entries, size == .max || found.size == zip64.size,
        offset == .max || found.offset == zip64.offset
      else { throw .invalid("the zip archive's two end records contradict each other") }
      found = zip64
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

  /// Reads the zip64 end record and its locator; `position` is the record's offset in the file.
  private static func readEnd64(
    _ bytes: UnsafeRawBufferPointer, at position: Int
  ) throws(Failure) -> (entries: Int, size: Int, offset: Int) {
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

  private static let noEnd = Failure.invalid(
    "no zip end record at the end of the file: it is truncated, or has bytes after its end")
  private static let noEnd64 = Failure.invalid(
    "the zip64 end record is not directly before its locator, or is damaged")
}
