import System

/// Finds MPEG transport streams with scrambled packets, such as pay television, from which FFmpeg would decode noise or
/// nothing.
enum TransportStreamCheck {
  private static let sync: UInt64 = 0x47
  /// The limit on packets that are examined.
  private static let packets = 2000

  /// Whether more than half of the first packets are scrambled.
  static func isScrambled(_ source: ByteSource) throws(Failure) -> Bool {
    let window = try ByteWindow(source)
    // Packets have 188 bytes, or 192 in Blu-ray and cameras, with four bytes in front.
    for (first, size) in [(Int64(0), Int64(188)), (4, 192)] {
      var (seen, scrambled) = (0, 0)
      var position = first
      while seen < packets, let byte = try window.number(at: position, size: 1), byte == sync,
        let control = try window.number(at: position + 3, size: 1)
      {
        seen += 1
        if control & 0xC0 != 0 { scrambled += 1 }
        position += size
      }
      if seen > 2 { return scrambled * 2 > seen }
    }
    return false
  }
}
