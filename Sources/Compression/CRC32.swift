/// The CRC-32 checksum of gzip and zip (reflected polynomial 0xEDB88320), computed 16 bytes at a time.
public enum CRC32 {
  /// The checksum of `bytes`.
  public static func checksum(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
    tables.withUnsafeBufferPointer { tables in
      guard let table = tables.baseAddress, let start = bytes.baseAddress else { return 0 }
      var crc: UInt32 = 0xFFFF_FFFF
      var position = 0
      while bytes.count - position >= 16 {
        let a = UInt32(littleEndian: (start + position).loadUnaligned(as: UInt32.self)) ^ crc
        let b = UInt32(littleEndian: (start + position + 4).loadUnaligned(as: UInt32.self))
        let c = UInt32(littleEndian: (start + position + 8).loadUnaligned(as: UInt32.self))
        let d = UInt32(littleEndian: (start + position + 12).loadUnaligned(as: UInt32.self))
        crc = fourBytes(table + 12 * 256, a) ^ fourBytes(table + 8 * 256, b)
        crc ^= fourBytes(table + 4 * 256, c) ^ fourBytes(table, d)
        position += 16
      }
      while position < bytes.count {
        let byte = (start + position).load(as: UInt8.self)
        crc = (crc >> 8) ^ table[Int(UInt8(truncatingIfNeeded: crc) ^ byte)]
        position += 1
      }
      return ~crc
    }
  }

  /// Looks up four bytes in four consecutive tables, the first byte in the last table.
  @inline(__always)
  private static func fourBytes(_ table: UnsafePointer<UInt32>, _ value: UInt32) -> UInt32 {
    table[768 &+ Int(value & 0xFF)]
      ^ table[512 &+ Int((value >> 8) & 0xFF)]
      ^ table[256 &+ Int((value >> 16) & 0xFF)]
      ^ table[Int(value >> 24)]
  }

  // MARK: - Sums of parts

  /// The factor that `joined` takes for a second part of so many bytes: x^(8 · bytes), a polynomial over the field of
  /// two elements modulo that of the checksum, with the coefficient of x^0 in the highest bit.
  public static func shift(bytes: Int) -> UInt32 {
    var (power, result): (UInt32, UInt32) = (1 << 23, 1 << 31)  // x^8 and 1
    var left = max(0, bytes)
    while left > 0 {
      if left & 1 == 1 { result = product(result, power) }
      power = product(power, power)
      left >>= 1
    }
    return result
  }

  /// The checksum of two parts, one after the other, from the checksums of each. `shift` is that of the second's bytes.
  public static func joined(_ first: UInt32, _ second: UInt32, by shift: UInt32) -> UInt32 {
    product(shift, first) ^ second
  }

  /// The product of two polynomials modulo the checksum's.
  private static func product(_ a: UInt32, _ b: UInt32) -> UInt32 {
    var (sum, multiple): (UInt32, UInt32) = (0, b)
    for bit in (0..<32).reversed() {
      if a >> UInt32(bit) & 1 == 1 { sum ^= multiple }
      multiple = (multiple >> 1) ^ (multiple & 1 == 1 ? polynomial : 0)
    }
    return sum
  }

  private static let polynomial: UInt32 = 0xEDB8_8320

  /// 16 tables of 256 entries, one after another: table k maps a byte to the checksum of it and k zero bytes after
  /// it.
  private static let tables: [UInt32] = {
    var tables = [UInt32](repeating: 0, count: 16 * 256)
    for byte in 0..<256 {
      var crc = UInt32(byte)
      for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? polynomial : 0) }
      tables[byte] = crc
    }
    for index in 256..<16 * 256 {
      let crc = tables[index - 256]
      tables[index] = (crc >> 8) ^ tables[Int(crc & 0xFF)]
    }
    return tables
  }()
}
