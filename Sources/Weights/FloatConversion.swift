/// Converts stored numbers to fp32. Sources may be unaligned. fp16 and bf16 are widened with integer
/// arithmetic: exact, independent of the host's flush-to-zero mode, and vectorised by the compiler.
public enum FloatConversion {
  /// Converts `count` elements lying `stride` elements apart.
  static func convert(
    _ type: ElementType, from source: UnsafeRawPointer, stride: Int, count: Int,
    into target: UnsafeMutablePointer<Float>
  ) {
    switch type {
    case .f32 where stride == 1:
      UnsafeMutableRawPointer(target).copyMemory(from: source, byteCount: count * 4)
    case .f32: each(UInt32.self, source, stride, count, target) { Float(bitPattern: $0) }
    case .f16: each(UInt16.self, source, stride, count, target, float(half:))
    case .bf16: each(UInt16.self, source, stride, count, target) { Float(bitPattern: UInt32($0) << 16) }
    case .f64: each(UInt64.self, source, stride, count, target) { Float(Double(bitPattern: $0)) }
    case .i64: each(Int64.self, source, stride, count, target) { Float($0) }
    case .i32: each(Int32.self, source, stride, count, target) { Float($0) }
    case .i16: each(Int16.self, source, stride, count, target) { Float($0) }
    case .i8: each(Int8.self, source, stride, count, target) { Float($0) }
    case .u64: each(UInt64.self, source, stride, count, target) { Float($0) }
    case .u32: each(UInt32.self, source, stride, count, target) { Float($0) }
    case .u16: each(UInt16.self, source, stride, count, target) { Float($0) }
    case .u8: each(UInt8.self, source, stride, count, target) { Float($0) }
    case .bool: each(UInt8.self, source, stride, count, target) { $0 == 0 ? 0 : 1 }
    }
  }

  @inline(__always)
  private static func each<T: BitwiseCopyable>(
    _: T.Type, _ source: UnsafeRawPointer, _ stride: Int, _ count: Int,
    _ target: UnsafeMutablePointer<Float>, _ value: (T) -> Float
  ) {
    let size = MemoryLayout<T>.size
    // A loop of its own for neighbours, with a step known to the compiler.
    if stride == 1 {
      for i in 0..<count { target[i] = value((source + i &* size).loadUnaligned(as: T.self)) }
    } else {
      let step = size &* stride
      for i in 0..<count { target[i] = value((source + i &* step).loadUnaligned(as: T.self)) }
    }
  }

  /// IEEE 754 binary16 to binary32. Every result is exact; subnormals come from a subtraction of
  /// two normal numbers, so that no subnormal fp32 arises that a host's mode could flush.
  @inline(__always)
  public static func float(half: UInt16) -> Float {
    let sign = UInt32(half & 0x8000) << 16
    let magnitude = UInt32(half & 0x7FFF) << 13
    let exponent = magnitude & 0x0F80_0000
    let normal = magnitude &+ 0x3800_0000  // bias 15 to bias 127
    let infinite = magnitude &+ 0x7000_0000  // exponent 31 to 255: infinity or NaN
    let smallest: UInt32 = 0x3880_0000  // 2^-14, the smallest normal fp16
    let difference = Float(bitPattern: magnitude &+ smallest) - Float(bitPattern: smallest)
    let subnormal = difference.bitPattern & 0x7FFF_FFFF  // +0 in every rounding mode
    let bits = exponent == 0 ? subnormal : (exponent == 0x0F80_0000 ? infinite : normal)
    return Float(bitPattern: bits | sign)
  }

  /// The nearest bf16, ties to even; NaN stays NaN.
  static func brainHalf(_ value: Float) -> UInt16 {
    let bits = value.bitPattern
    if value.isNaN { return UInt16(truncatingIfNeeded: bits >> 16) | 0x40 }
    return UInt16(truncatingIfNeeded: (bits &+ 0x7FFF &+ (bits >> 16 & 1)) >> 16)
  }

  /// The nearest binary16, ties to even; nil for what is none: NaN, infinities, 65520 and beyond.
  public static func half(_ value: Float) -> UInt16? {
    let sign = UInt16(truncatingIfNeeded: value.bitPattern >> 16) & 0x8000
    let magnitude = value.bitPattern & 0x7FFF_FFFF
    let exponent = magnitude >> 23
    if magnitude >= 0x3880_0000 {  // 2^-14, the smallest normal fp16
      guard exponent < 255 else { return nil }
      let rounded = magnitude &+ 0x0FFF &+ (magnitude >> 13 & 1)
      let bits = (rounded &- 0x3800_0000) >> 13
      return bits < 0x7C00 ? UInt16(truncatingIfNeeded: bits) | sign : nil
    }
    guard exponent >= 102 else { return sign }  // below 2^-25, half of the smallest subnormal
    let (significand, shift) = (magnitude & 0x7F_FFFF | 0x80_0000, 126 - exponent)
    let (whole, rest, half) = (significand >> shift, significand & (1 << shift - 1), 1 << (shift - 1))
    let up = rest > half || rest == half && whole & 1 == 1
    return UInt16(truncatingIfNeeded: whole + (up ? 1 : 0)) | sign
  }
}
