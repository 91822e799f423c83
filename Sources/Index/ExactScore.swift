/// The score of one row in double precision.
enum ExactScore {
  /// The most that the square of a row's length may differ from 1: fp16 rounds to a thousandth.
  private static let tolerance = 0.02
  /// The largest length of a row that is an embedding.
  static let maximumLength = 1.01

  /// The sum of row[i] · query[i]. Products of floats are exact in double, and what each addition loses is added at the
  /// end (Knuth's sum of two), so that the result does not depend on the order. Nil if the row's length is not 1.
  static func of(_ row: UnsafeRawPointer, _ manifest: ArchiveManifest, _ query: UnsafePointer<Float>)
    -> Double?
  {
    switch manifest.type {
    case .float16:
      sum(manifest.dimension, query) {
        number(half: row.loadUnaligned(fromByteOffset: 2 * $0, as: UInt16.self))
      }
    case .float32:
      sum(manifest.dimension, query) { row.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self) }
    }
  }

  @inline(__always)
  private static func sum(
    _ count: Int, _ query: UnsafePointer<Float>, _ number: (Int) -> Float
  ) -> Double? {
    var (sum, lost, square) = (0.0, 0.0, 0.0)
    for i in 0..<count {
      let value = Double(number(i))
      let product = value * Double(query[i])
      let next = sum + product
      let added = next - sum
      lost += (sum - (next - added)) + (product - added)
      sum = next
      square += value * value
    }
    // A comparison with NaN is false.
    return abs(square - 1) <= tolerance ? sum + lost : nil
  }

  /// The number that the bits of an fp16 stand for. No step has denormals, which a host may have switched off.
  @inline(__always)
  static func number(half bits: UInt16) -> Float {
    let magnitude = UInt32(bits & 0x7FFF) << 13
    let number: UInt32
    if magnitude >= 0x7C00 << 13 {
      number = magnitude | 0x7F80_0000
    } else if magnitude >= 0x0400 << 13 {
      number = magnitude + (112 << 23)  // the exponent's bias is 112 more in fp32
    } else {
      number = (Float(bits & 0x7FFF) * 0x1p-24).bitPattern
    }
    return Float(bitPattern: number | UInt32(bits & 0x8000) << 16)
  }
}
