import System

/// The gzip container (RFC 1952): one or more members, each checked by its CRC-32 and its length.
enum Gzip {
  /// No tokenizer file compresses better than this; a bomb does.
  static let maximumRatio = 50

  static func isGzip(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  static func decompress(_ bytes: UnsafeBufferPointer<UInt8>) throws(TokenizerError) -> GrowingArray<UInt8> {
    guard bytes.count <= TokenizerFile.maximumCompressed else {
      throw TokenizerError(
        .limit,
        "the compressed tokenizer file has \(bytes.count) bytes; at most "
          + "\(TokenizerFile.maximumCompressed) are read")
    }
    // Small files may legitimately compress well, so the ratio counts from 64 KB on.
    let limit = min(TokenizerFile.maximumPlain, 1 << 16 + bytes.count * maximumRatio)
    // The last four bytes usually say how much there will be; `limit` keeps a wrong claim small.
    let claim = bytes.count < 18 ? 0 : Int(littleEndian(bytes, at: bytes.count - 4))
    var output = try GrowingArray<UInt8>(capacity: min(claim, limit))
    var offset = 0
    repeat {
      let start = output.count
      offset = try afterHeader(bytes, at: offset)
      var inflate = Inflate(bytes, at: offset)
      offset = try inflate.run(into: &output, limit: limit)
      guard bytes.count - offset >= 8 else {
        throw TokenizerError(.invalidCompression, "the gzip data is cut short at byte \(bytes.count)")
      }
      let member = UnsafeBufferPointer(rebasing: output.view[start...])
      let crc = littleEndian(bytes, at: offset)
      let length = littleEndian(bytes, at: offset + 4)
      guard crc32(member) == crc, UInt32(truncatingIfNeeded: member.count) == length else {
        throw TokenizerError(
          .invalidCompression,
          "the gzip checksum at byte \(offset) does not fit the data; fetch the file again")
      }
      offset += 8
    } while offset < bytes.count
    return output
  }

  /// The offset of the deflate data of the member at `start`.
  private static func afterHeader(
    _ bytes: UnsafeBufferPointer<UInt8>, at start: Int
  ) throws(TokenizerError) -> Int {
    let damaged = TokenizerError(.invalidCompression, "the gzip header at byte \(start) is damaged")
    guard bytes.count - start >= 10, bytes[start] == 0x1F, bytes[start + 1] == 0x8B,
      bytes[start + 2] == 8
    else { throw damaged }
    let flags = bytes[start + 3]
    guard flags & 0xE0 == 0 else { throw damaged }
    var offset = start + 10
    if flags & 0x04 != 0 {
      guard bytes.count - offset >= 2 else { throw damaged }
      offset += 2 + Int(bytes[offset]) + Int(bytes[offset + 1]) << 8
    }
    // The original name, then a comment, each ended by a zero byte.
    for flag in [UInt8(0x08), 0x10] where flags & flag != 0 {
      while offset < bytes.count, bytes[offset] != 0 { offset += 1 }
      offset += 1
    }
    if flags & 0x02 != 0 {
      guard offset <= bytes.count - 2 else { throw damaged }
      let crc = crc32(UnsafeBufferPointer(rebasing: bytes[start..<offset])) & 0xFFFF
      guard crc == UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 else { throw damaged }
      offset += 2
    }
    guard offset < bytes.count else { throw damaged }
    return offset
  }

  private static func littleEndian(_ bytes: UnsafeBufferPointer<UInt8>, at offset: Int) -> UInt32 {
    UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
      | UInt32(bytes[offset + 3]) << 24
  }

  static func crc32(_ bytes: UnsafeBufferPointer<UInt8>) -> UInt32 {
    crcTables.withUnsafeBufferPointer { tables in
      var crc = ~UInt32(0)
      var position = 0
      while bytes.count - position >= 4 {
        crc ^= littleEndian(bytes, at: position)
        crc =
          tables[768 + Int(crc & 0xFF)] ^ tables[512 + Int(crc >> 8 & 0xFF)]
          ^ tables[256 + Int(crc >> 16 & 0xFF)] ^ tables[Int(crc >> 24)]
        position += 4
      }
      for byte in bytes[position...] { crc = tables[Int(UInt8(truncatingIfNeeded: crc) ^ byte)] ^ crc >> 8 }
      return ~crc
    }
  }

  /// Four tables of 256, for four bytes at a time: table k is table 0 followed by k zero bytes.
  private static let crcTables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 4 * 256)
    for index in 0..<256 {
      var value = UInt32(index)
      for _ in 0..<8 { value = value & 1 == 1 ? 0xEDB8_8320 ^ value >> 1 : value >> 1 }
      tables[index] = value
    }
    for index in 256..<tables.count {
      let before = tables[index - 256]
      tables[index] = tables[Int(before & 0xFF)] ^ before >> 8
    }
    return tables
  }()
}
