/// Support for custom mutators: an input as an array, mutated in parts and put back together.
struct Bytes {
  var bytes: [UInt8]
  private var state: UInt64

  init(_ data: UnsafeMutablePointer<UInt8>, _ size: Int, seed: UInt32) {
    bytes = Array(UnsafeBufferPointer(start: data, count: size))
    state = UInt64(seed) | 1 << 40
  }

  /// A whole number below `limit`, made from libFuzzer's seed alone.
  mutating func random(below limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int(state >> 33) % limit
  }

  /// One of libFuzzer's own mutations of a part, which may grow to fill `maximum` bytes.
  mutating func mutate(_ part: Range<Int>, to maximum: Int) {
    let room = max(part.count, min(maximum, part.count + 512))
    var copy = Array(bytes[part]) + [UInt8](repeating: 0, count: max(1, room - part.count))
    let size = copy.withUnsafeMutableBufferPointer { LLVMFuzzerMutate($0.baseAddress, part.count, room) }
    bytes.replaceSubrange(part, with: copy[..<min(size, room)])
  }

  func integer<T: FixedWidthInteger>(at offset: Int, _: T.Type) -> T {
    var value: T = 0
    for index in 0..<MemoryLayout<T>.size where offset + index < bytes.count {
      value |= T(truncatingIfNeeded: bytes[offset + index]) << T(8 * index)
    }
    return value
  }

  /// Little-endian; what lies beyond the end is left out.
  mutating func put<T: FixedWidthInteger>(_ value: T, at offset: Int) {
    for index in 0..<MemoryLayout<T>.size where offset + index < bytes.count {
      bytes[offset + index] = UInt8(truncatingIfNeeded: value >> T(8 * index))
    }
  }

  /// Back into libFuzzer's memory; the new size.
  func write(to data: UnsafeMutablePointer<UInt8>, _ maximum: Int) -> Int {
    let size = min(bytes.count, maximum)
    for index in 0..<size { data[index] = bytes[index] }
    return size
  }
}
