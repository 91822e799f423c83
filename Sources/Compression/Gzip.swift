import System

/// A reader of the gzip format (RFC 1952): one or more members, each with its CRC-32 and its length.
public enum Gzip {
  /// The most plain bytes per compressed byte. Texts stay below it; decompression bombs exceed it.
  private static let maximumRatio = 50

  /// Whether `bytes` begin with the signature of gzip.
  public static func isGzip(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    bytes.count >= 2 && bytes[0] == 0x1F && bytes[1] == 0x8B
  }

  /// Decompresses all members. Fails if they hold more than `maximum` bytes, or more than 64 KB plus 50 times the
  /// compressed size, and if a checksum or a length does not match.
  public static func decompress(
    _ bytes: UnsafeBufferPointer<UInt8>, atMost maximum: Int
  ) throws(Failure) -> GrowingArray<UInt8> {
    // Small files may legitimately compress well, so 64 KB are allowed at any ratio.
    let limit = min(maximum, 1 << 16 + bytes.count * maximumRatio)
    // The last four bytes usually hold the plain size; `limit` bounds a wrong one.
    let statedSize = bytes.count < 18 ? 0 : Int(littleEndian(bytes, at: bytes.count - 4))
    var output = try GrowingArray<UInt8>(capacity: min(statedSize, limit))
    var offset = 0
    repeat {
      let start = output.count
      offset = try deflateOffset(bytes, ofMemberAt: offset)
      var inflate = Inflate(bytes, at: offset)
      offset = try inflate.run(into: &output, limit: limit)
      guard bytes.count - offset >= 8 else {
        throw Failure(.invalidCompression, "the gzip data is cut short at byte \(bytes.count)")
      }
      let member = UnsafeBufferPointer(rebasing: output.view[start...])
      let crc = littleEndian(bytes, at: offset)
      let length = littleEndian(bytes, at: offset + 4)
      guard CRC32.checksum(UnsafeRawBufferPointer(member)) == crc,
        UInt32(truncatingIfNeeded: member.count) == length
      else {
        throw Failure(
          .invalidCompression,
          "the gzip checksum at byte \(offset) does not fit the data; fetch the file again")
      }
      offset += 8
    } while offset < bytes.count
    return output
  }

  /// The offset of the deflate data of the member whose header begins at `start`.
  private static func deflateOffset(
    _ bytes: UnsafeBufferPointer<UInt8>, ofMemberAt start: Int
  ) throws(Failure) -> Int {
    let damaged = Failure(.invalidCompression, "the gzip header at byte \(start) is damaged")
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
    // The original file name and a comment, each ended by a zero byte.
    for flag in [UInt8(0x08), 0x10] where flags & flag != 0 {
      while offset < bytes.count, bytes[offset] != 0 { offset += 1 }
      offset += 1
    }
    if flags & 0x02 != 0 {
      guard offset <= bytes.count - 2 else { throw damaged }
      let crc =
        CRC32.checksum(UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: bytes[start..<offset]))) & 0xFFFF
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
}
