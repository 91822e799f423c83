import System

/// Reads a structure from front to back. Every step is checked: running past the end is an error
/// that names the structure and the offset, never a trap.
struct ByteCursor {
  let bytes: UnsafeRawBufferPointer
  /// The name of the part being read, for messages: "the zip directory". A closure, because naming each entry of a
  /// large archive costs more than reading it.
  let subject: () -> String
  private(set) var position = 0

  init(_ bytes: UnsafeRawBufferPointer, subject: @autoclosure @escaping () -> String) {
    self.bytes = bytes
    self.subject = subject
  }

  var remaining: Int { bytes.count - position }

  /// A little-endian integer.
  mutating func integer<T: FixedWidthInteger & BitwiseCopyable>(_: T.Type) throws(Failure) -> T {
    let size = MemoryLayout<T>.size
    guard remaining >= size else { throw ended(needing: size) }
    let value = bytes.loadUnaligned(fromByteOffset: position, as: T.self)
    position += size
    return T(littleEndian: value)
  }

  /// A 64-bit size or offset.
  mutating func size64() throws(Failure) -> Int {
    let value = try integer(UInt64.self)
    guard let size = Int(exactly: value) else {
      throw .invalid("\(subject()) holds the size \(value), which no file has")
    }
    return size
  }

  mutating func slice(_ count: Int) throws(Failure) -> UnsafeRawBufferPointer {
    guard count >= 0, remaining >= count else { throw ended(needing: count) }
    let slice = UnsafeRawBufferPointer(rebasing: bytes[position..<position + count])
    position += count
    return slice
  }

  mutating func skip(_ count: Int) throws(Failure) { _ = try slice(count) }

  /// Bytes up to a newline, which is consumed and not included.
  mutating func line(atMost limit: Int) throws(Failure) -> UnsafeRawBufferPointer {
    var end = position
    while end < bytes.count, bytes[end] != 0x0A {
      guard end - position < limit else {
        throw .limit("\(subject()) has a line of over \(limit) bytes at offset \(position)")
      }
      end += 1
    }
    guard end < bytes.count else { throw ended(needing: 1) }
    let line = UnsafeRawBufferPointer(rebasing: bytes[position..<end])
    position = end + 1
    return line
  }

  private func ended(needing count: Int) -> Failure {
    .invalid(
      "\(subject()) ends too early: \(count) bytes are needed at offset \(position), "
        + "\(remaining) are left")
  }
}
