import System

/// The fields of a message in the wire format of Protocol Buffers, one after the other. Groups are refused.
struct ProtocolBuffer {
  /// A field's value: of a varint or a fixed number its bits, of a text or message its bytes.
  enum Value {
    case number(UInt64)
    case bytes(UnsafeBufferPointer<UInt8>)
  }

  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0

  init(_ bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  /// The next field's number and value; nil at the end.
  mutating func next() throws(Failure) -> (field: UInt64, value: Value)? {
    guard position < bytes.count else { return nil }
    let key = try varint()
    switch key & 7 {
    case 0: return (key >> 3, .number(try varint()))
    case 1: return (key >> 3, .number(try fixed(8)))
    case 5: return (key >> 3, .number(try fixed(4)))
    case 2:
      let size = try varint()
      guard size <= UInt64(bytes.count - position) else { throw damaged() }
      let start = position
      position += Int(size)
      return (key >> 3, .bytes(UnsafeBufferPointer(rebasing: bytes[start..<position])))
    default: throw damaged()
    }
  }

  private mutating func varint() throws(Failure) -> UInt64 {
    var (value, shift): (UInt64, UInt64) = (0, 0)
    while position < bytes.count, shift < 64 {
      let byte = bytes[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw damaged()
  }

  private mutating func fixed(_ size: Int) throws(Failure) -> UInt64 {
    guard bytes.count - position >= size else { throw damaged() }
    var value: UInt64 = 0
    for index in 0..<size { value |= UInt64(bytes[position + index]) << UInt64(8 * index) }
    position += size
    return value
  }

  private func damaged() -> Failure {
    Failure(.invalidVocabulary, "byte \(position) is not where a field of a SentencePiece model can be")
  }
}

extension GrowingArray<UInt8> {
  /// Appends a field of bytes in the wire format of Protocol Buffers.
  mutating func append(field: UInt64, _ value: UnsafeBufferPointer<UInt8>) throws(Failure) {
    try append(varint: field << 3 | 2)
    try append(varint: UInt64(value.count))
    try append(contentsOf: value)
  }

  /// Appends a field of a whole number.
  mutating func append(field: UInt64, _ value: UInt64) throws(Failure) {
    try append(varint: field << 3)
    try append(varint: value)
  }

  private mutating func append(varint: UInt64) throws(Failure) {
    var rest = varint
    while rest >= 0x80 {
      try append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    try append(UInt8(truncatingIfNeeded: rest))
  }
}
