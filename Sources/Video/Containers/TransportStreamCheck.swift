import System

/// Whether the packets of an MPEG transport stream are scrambled, as pay television's are: what FFmpeg makes of those is
/// noise or nothing.
enum TransportStreamCheck {
  private static let sync: UInt64 = 0x47
  /// Enough to tell, and little to read.
  private static let packets = 2000

  static func isScrambled(_ source: ByteSource) throws(VideoError) -> Bool {
    let window = try ByteWindow(source)
    // Plain, and as Blu-ray and cameras write it, with four bytes before each packet.
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
