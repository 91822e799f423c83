/// The pieces by which a vocabulary spells bytes, "<0x00>" to "<0xFF>".
enum BytePiece {
  /// The byte that a piece stands for; nil if it is no such piece.
  static func byte(of piece: UnsafeBufferPointer<UInt8>) -> UInt8? {
    guard piece.count == 6, piece.starts(with: "<0x".utf8), piece[5] == UInt8(ascii: ">"),
      let high = digit(piece[3]), let low = digit(piece[4])
    else { return nil }
    return high << 4 | low
  }

  private static func digit(_ byte: UInt8) -> UInt8? {
    switch byte {
    case 0x30...0x39: byte - 0x30
    case 0x41...0x46: byte - 0x41 + 10
    default: nil
    }
  }
}
