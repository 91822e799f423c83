import Testing

@testable import Weights

@Suite struct FloatConversionTests {
  private func convert(_ type: ElementType, _ bytes: [UInt8], stride: Int = 1) -> [Float] {
    // One byte in front: nothing may rely on alignment.
    let shifted = [0] + bytes
    let count = (bytes.count / type.size + stride - 1) / stride
    return [Float](unsafeUninitializedCapacity: count) { target, used in
      shifted.withUnsafeBytes { source in
        guard let from = source.baseAddress, let to = target.baseAddress else { return }
        FloatConversion.convert(type, from: from + 1, stride: stride, count: count, into: to)
      }
      used = count
    }
  }

  @Test func everyHalfIsExact() {
    let halves = Array(UInt16.min...UInt16.max)
    let floats = convert(.f16, halves.flatMap(\.bytes))
    for (half, float) in zip(halves, floats) {
      let expected = Float(Float16(bitPattern: half))
      if expected.isNaN {
        // Swift's conversion quiets signalling NaNs; the sign and the rest must stay.
        #expect(float.isNaN && float.sign == expected.sign)
      } else {
        #expect(float.bitPattern == expected.bitPattern, "fp16 \(half)")
      }
    }
  }

  @Test func everyBrainFloatIsItsUpperHalf() {
    let values = Array(UInt16.min...UInt16.max)
    let floats = convert(.bf16, values.flatMap(\.bytes))
    #expect(floats.bits == values.map { UInt32($0) << 16 })
  }

  @Test func widerNumbersRoundToNearest() {
    let doubles = [1.0 + 0x1p-24, 1.0 + 0x1.8p-23, 1e300, -0.0, .infinity, 0x1p-149, 0x1p-151]
    #expect(
      convert(.f64, doubles.flatMap { $0.bitPattern.bytes }).bits
        == [1, 1 + 0x1p-22, .infinity, -0.0, .infinity, 0x1p-149, 0].bits)
    #expect(convert(.i64, [Int64.min, 16_777_217, .max].flatMap(\.bytes)) == [-0x1p63, 16_777_216, 0x1p63])
    #expect(convert(.u64, [UInt64.max, 3].flatMap(\.bytes)) == [0x1p64, 3])
  }

  @Test func smallIntegersAreExact() {
    #expect(convert(.i32, [Int32.min, 7].flatMap(\.bytes)) == [-0x1p31, 7])
    #expect(convert(.u32, [UInt32.max, 7].flatMap(\.bytes)) == [0x1p32, 7])
    #expect(convert(.i16, [Int16.min, .max].flatMap(\.bytes)) == [-32768, 32767])
    #expect(convert(.u16, [UInt16.max, 1].flatMap(\.bytes)) == [65535, 1])
    #expect(convert(.i8, [0x80, 0x7F]) == [-128, 127])
    #expect(convert(.u8, [0x80, 0xFF]) == [128, 255])
    #expect(convert(.bool, [0, 1, 2]) == [0, 1, 1])
  }

  @Test(arguments: [2, 3, 7]) func stridesSkip(_ stride: Int) {
    let all = (0..<22).map { Float($0) }
    let expected = Swift.stride(from: 0, to: 22, by: stride).map { Float($0) }
    #expect(convert(.f32, all.bytes, stride: stride) == expected)
    #expect(convert(.u8, (0..<22).map { UInt8($0) }, stride: stride) == expected)
  }

  @Test func floatsKeepTheirBits() {
    let bits: [UInt32] = [0x7F80_0001, 0xFFC0_1234, 1, 0x8000_0000]
    #expect(convert(.f32, bits.flatMap(\.bytes)).bits == bits)
  }
}

/// The textbook definition, to build test archives.
func bitwiseCRC32(_ bytes: [UInt8]) -> UInt32 {
  var crc: UInt32 = 0xFFFF_FFFF
  for byte in bytes {
    crc ^= UInt32(byte)
    for _ in 0..<8 { crc = (crc >> 1) ^ (crc & 1 == 1 ? 0xEDB8_8320 : 0) }
  }
  return ~crc
}
