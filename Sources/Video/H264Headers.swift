/// The fields of an H.264 sequence parameter set that reading the beginning of a slice needs.
struct H264Sequence: Equatable {
  /// Whether every picture is a whole frame. If not, a picture may be one of a frame's two fields.
  let hasFramesOnly: Bool
  private let hasSeparatePlanes: Bool
  private let frameNumberBits: Int

  /// Reads a NAL unit of type 7; nil if it is malformed.
  init?(_ unit: UnsafeRawBufferPointer) {
    guard unit.count > 4 else { return nil }
    var bits = BitReader(unit, from: 4, isEscaped: true)
    var separate = 0
    guard bits.exponential() != nil else { return nil }
    if Self.statesChroma(profile: unit[1]) {
      guard let chroma = bits.exponential() else { return nil }
      if chroma == 3 {
        guard let flag = bits.bits(1) else { return nil }
        separate = flag
      }
      guard bits.exponential() != nil, bits.exponential() != nil, bits.bits(1) != nil,
        Self.skipScaling(&bits, lists: chroma == 3 ? 12 : 8)
      else { return nil }
    }
    guard let number = bits.exponential(), number <= 12, Self.skipOrder(&bits) else { return nil }
    // Skips the number of reference frames, whether frame numbers may have gaps, and the width and height.
    guard bits.exponential() != nil, bits.bits(1) != nil, bits.exponential() != nil,
      bits.exponential() != nil, let framesOnly = bits.bits(1)
    else { return nil }
    hasFramesOnly = framesOnly == 1
    hasSeparatePlanes = separate == 1
    frameNumberBits = number + 4
  }

  /// Whether a slice belongs to a field that is a picture by itself; nil if its header ends early.
  /// - Parameter header: the bits after the id of the picture parameter set.
  func isField(_ header: inout BitReader) -> Bool? {
    if hasFramesOnly { return false }
    guard header.bits((hasSeparatePlanes ? 2 : 0) + frameNumberBits) != nil, let field = header.bits(1)
    else { return nil }
    return field == 1
  }

  private static func statesChroma(profile: UInt8) -> Bool {
    switch profile {
    case 44, 83, 86, 100, 110, 118, 122, 128, 134, 135, 138, 139, 244: true
    default: false
    }
  }

  private static func skipScaling(_ bits: inout BitReader, lists: Int) -> Bool {
    guard let present = bits.bits(1) else { return false }
    if present == 0 { return true }
    for list in 0..<lists {
      guard let listed = bits.bits(1) else { return false }
      if listed == 0 { continue }
      var (last, next) = (8, 8)
      for _ in 0..<(list < 6 ? 16 : 64) {
        if next != 0 {
          guard let delta = bits.signedExponential() else { return false }
          next = (last + delta) & 255
        }
        if next != 0 { last = next }
      }
    }
    return true
  }

  /// Skips the syntax of the picture order count.
  private static func skipOrder(_ bits: inout BitReader) -> Bool {
    guard let type = bits.exponential(), type <= 2 else { return false }
    if type == 0 { return bits.exponential() != nil }
    if type == 2 { return true }
    guard bits.bits(1) != nil, bits.exponential() != nil, bits.exponential() != nil,
      let cycle = bits.exponential(), cycle <= 255
    else { return false }
    for _ in 0..<cycle { if bits.exponential() == nil { return false } }
    return true
  }
}

extension H264Sequence {
  /// Passes the sequence parameter sets of an avcC box of at least 7 bytes to `body`, until that returns false.
  /// - Returns: whether the box is complete and `body` accepted everything.
  static func all(
    ofConfiguration bytes: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var position = 6
    for _ in 0..<(bytes[5] & 31) {
      guard bytes.count - position >= 2 else { return false }
      let length = Int(bytes[position]) << 8 | Int(bytes[position + 1])
      position += 2
      guard length > 0, bytes.count - position >= length else { return false }
      guard body(UnsafeRawBufferPointer(rebasing: bytes[position..<position + length])) else { return false }
      position += length
    }
    return true
  }
}
