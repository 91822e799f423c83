/// RGB pixels in memory, [height, width, 3], that operations change in place.
struct RGBPixels {
  let base: UnsafeMutablePointer<UInt8>
  let width, height: Int

  /// The number of pixels.
  var count: Int { width * height }
  var byteCount: Int { 3 * width * height }

  /// Replaces each channel's values by those of its table, [3, 256].
  func apply(tables: UnsafePointer<UInt8>) {
    var place = base
    for _ in 0..<count {
      place[0] = tables[Int(place[0])]
      place[1] = tables[256 + Int(place[1])]
      place[2] = tables[512 + Int(place[2])]
      place += 3
    }
  }

  /// Replaces all values by `value(v)`.
  func map(_ value: (Int) -> UInt8) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 768) { tables in
      for v in 0..<768 { tables[v] = value(v & 255) }
      // A temporary allocation of a fixed size above 0 has an address.
      if let tables = tables.baseAddress { apply(tables: UnsafePointer(tables)) }
    }
  }

  /// A pixel's luminance, as Pillow has it (Convert.c, L24).
  static func luminance(_ pixel: UnsafePointer<UInt8>) -> UInt8 {
    let sum = UInt32(pixel[0]) &* 19595 &+ UInt32(pixel[1]) &* 38470 &+ UInt32(pixel[2]) &* 7471
    return UInt8(truncatingIfNeeded: (sum &+ 0x8000) >> 16)
  }

  /// Pillow's Image.blend: from + factor · (to - from), within 0 to 255, rounded down.
  static func blend(_ from: UInt8, _ to: UInt8, _ factor: Float) -> UInt8 {
    if factor == 0 { return from }
    if factor == 1 { return to }
    let mixed = Float(Int32(from)) + factor * Float(Int32(to) - Int32(from))
    return UInt8(max(0, min(mixed, 255)))
  }
}
