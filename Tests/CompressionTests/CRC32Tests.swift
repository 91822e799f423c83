import Compression
import Testing

/// Tests of the checksum of gzip and zip.
struct CRC32Tests {
  @Test func equalsTheBitwiseDefinition() {
    #expect(checksum(Array("123456789".utf8)) == 0xCBF4_3926)
    var bytes: [UInt8] = []
    for count in 0..<70 {
      #expect(checksum(bytes) == bitwiseCRC32(bytes))
      bytes.append(UInt8(truncatingIfNeeded: count &* 151 &+ 77))
    }
  }

  @Test func isJoinedFromThoseOfParts() {
    let bytes = (0..<1000).map { UInt8(truncatingIfNeeded: $0 &* 151 &+ 77) }
    for cut in [0, 1, 7, 16, 500, 999, 1000] {
      let (first, second) = (Array(bytes[..<cut]), Array(bytes[cut...]))
      let joined = CRC32.joined(checksum(first), checksum(second), by: CRC32.shift(bytes: second.count))
      #expect(joined == checksum(bytes))
    }
    #expect(CRC32.joined(0, checksum(bytes), by: CRC32.shift(bytes: 1 << 40)) == checksum(bytes))
  }

  private func checksum(_ bytes: [UInt8]) -> UInt32 { bytes.withUnsafeBytes { CRC32.checksum($0) } }

  /// The checksum by its textbook definition, bit by bit.
  private func bitwiseCRC32(_ bytes: [UInt8]) -> UInt32 {
    var crc: UInt32 = 0xFFFF_FFFF
    for byte in bytes {
      crc ^= UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
    }
    return ~crc
  }
}
