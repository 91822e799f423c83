/// The score of one row in double precision.
enum ExactScore {
  /// The most that the square of a row's length may differ from 1: fp16 rounds to a thousandth.
  private static let tolerance = 0.02
  /// The largest length of a row that is an embedding.
  static let maximumLength = 1.01

  /// The sum of row[i] · query[i]. Products of floats are exact in double, and what each addition loses is added at the
  /// end (Neumaier's sum), so that the result does not depend on the order. Nil if the row's length is not 1.
  static func of(_ row: UnsafeRawPointer, _ manifest: ArchiveManifest, _ query: UnsafePointer<Float>)
    -> Double?
  {
    var (sum, lost, square) = (0.0, 0.0, 0.0)
    for i in 0..<manifest.dimension {
      let value =
        manifest.type == .float16
        ? number(half: row.loadUnaligned(fromByteOffset: 2 * i, as: UInt16.self))
        : Double(row.loadUnaligned(fromByteOffset: 4 * i, as: Float.self))
      let product = value * Double(query[i])
      let next = sum + product
      lost += abs(sum) >= abs(product) ? (sum - next) + product : (product - next) + sum
      sum = next
      square += value * value
    }
    // A comparison with NaN is false.
    return abs(square - 1) <= tolerance ? sum + lost : nil
  }

  /// The number that the bits of an fp16 stand for.
  private static func number(half bits: UInt16) -> Double {
    let (exponent, fraction) = (Int(bits >> 10 & 31), UInt64(bits & 1023))
    let sign = UInt64(bits >> 15) << 63
    switch exponent {
    case 31: return Double(bitPattern: sign | 0x7FF << 52 | fraction << 42)
    case 0: return (sign == 0 ? 1 : -1) * Double(fraction) * 0x1p-24
    default: return Double(bitPattern: sign | UInt64(exponent + 1008) << 52 | fraction << 42)
    }
  }
}
