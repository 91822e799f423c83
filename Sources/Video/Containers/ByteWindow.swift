import System

/// Reads big-endian numbers anywhere in a source through a small buffer. After a jump it fills little of the buffer, in
/// sequential reading all of it.
final class ByteWindow {
  let source: ByteSource
  private let memory: MemoryBlock
  private var start: Int64 = 0
  private var count = 0

  /// The size of the buffer in bytes.
  private static let capacity = 32 * 1024
  /// The bytes to read after a jump.
  private static let jump = 1024

  init(_ source: ByteSource) throws(Failure) {
    self.source = source
    memory = try MemoryBlock(count: Self.capacity, zeroed: false)
  }

  private var buffer: UnsafeMutableRawPointer { memory.start }

  /// Reads a number of `size` bytes, 1 to 8, at `position`; nil beyond the source's end.
  func number(at position: Int64, size: Int) throws(Failure) -> UInt64? {
    guard position >= 0, position <= source.size - Int64(size) else { return nil }
    if position < start || position + Int64(size) > start + Int64(count) {
      try fill(from: position, needed: size)
    }
    guard position >= start, position + Int64(size) <= start + Int64(count) else { return nil }
    let base = buffer + Int(position - start)
    var value: UInt64 = 0
    for index in 0..<size { value = value << 8 | UInt64(base.load(fromByteOffset: index, as: UInt8.self)) }
    return value
  }

  /// Reads a number that fits an Int64 (up to 7 bytes, or any below 2^63); nil beyond the source's end.
  func integer(at position: Int64, size: Int) throws(Failure) -> Int64? {
    try number(at: position, size: size).flatMap { Int64(exactly: $0) }
  }

  private func fill(from position: Int64, needed: Int) throws(Failure) {
    try source.allowance.check()
    let isSequential = position >= start && position <= start + Int64(count)
    let wanted = isSequential && count > 0 ? Self.capacity : max(Self.jump, needed)
    (start, count) = (position, 0)
    while count < wanted {
      let got = source.read(
        buffer + count, count: wanted - count, at: position + Int64(count), watches: false)
      if got < 0 { throw source.readFailure(Int32(-got)) }
      if got == 0 { return }
      count += got
    }
  }
}
