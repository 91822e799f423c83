import System
import Text

extension ZipArchive {
  /// One entry of the central directory.
  static func readCentralHeader(_ cursor: inout ByteCursor) throws(Failure) -> Entry {
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
    func subject() -> String { "zip entry \(quoted(name))" }
    guard nameCount > 0, nameCount <= maximumName else {
      throw .limit("a zip entry's name has \(nameCount) bytes; 1 to \(maximumName) are read")
    }
    // Bits 1 and 2 describe deflate, 3 announces a data descriptor, 11 says the name is UTF-8.
    guard flags & ~0x080E == 0 else {
      throw .unsupported("\(subject()) is encrypted or uses zip features torch does not (\(flags))")
    }
    guard commentCount == 0, disk == 0 else {
      throw .invalid("\(subject()) has a comment or lies on another disk")
    }
    var extra = ZipExtra(try cursor.slice(extraCount), subject: subject())
    let zip64 = try extra.zip64()
    var values = ByteCursor(zip64 ?? UnsafeRawBufferPointer(start: nil, count: 0), subject: subject())
    let zip64Size = size == .max ? try values.size64() : Int(size)
    let zip64Compressed = compressed == .max ? try values.size64() : Int(compressed)
    let zip64Offset = offset == .max ? try values.size64() : Int(offset)
    guard values.remaining == 0 else {
      throw .invalid("\(subject()) has zip64 sizes beside its plain ones")
    }
    guard method != 0 || zip64Size == zip64Compressed else {
      throw .invalid("\(subject()) is stored, but its two sizes differ: \(zip64Size), \(zip64Compressed)")
    }
    return Entry(
      nameStart: nameStart, nameCount: nameCount, flags: flags, method: method, crc: crc,
      compressedSize: zip64Compressed, size: zip64Size, headerOffset: zip64Offset)
  }
}

/// The extra fields of a header: pairs of id and length, then bytes.
struct ZipExtra {
  private var cursor: ByteCursor

  init(_ bytes: UnsafeRawBufferPointer, subject: @autoclosure @escaping () -> String) {
    cursor = ByteCursor(bytes, subject: "the extra field of \(subject())")
  }

  /// The zip64 field, if there is one. All fields are walked: a malformed one is refused.
  mutating func zip64() throws(Failure) -> UnsafeRawBufferPointer? {
    var found: UnsafeRawBufferPointer?
    while cursor.remaining > 0 {
      let id = try cursor.integer(UInt16.self)
      let field = try cursor.slice(Int(cursor.integer(UInt16.self)))
      guard id == 0x0001 else { continue }
      guard found == nil else { throw .invalid("\(cursor.subject()) has two zip64 fields") }
      found = field
    }
    return found
  }
}
