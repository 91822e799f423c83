/// Reads parameter sets of HEVC, which say whether pictures may be decoded and never shown.
enum HEVCHeaders {
  /// Whether all parameter sets in an hvcC box of at least 23 bytes show every picture.
  static func showsEveryPicture(configuration: UnsafeRawBufferPointer) -> Bool {
    var position = 23
    for _ in 0..<configuration[22] {
      guard configuration.count - position >= 3 else { return false }
      let type = configuration[position] & 63
      let count = Int(configuration[position + 1]) << 8 | Int(configuration[position + 2])
      position += 3
      for _ in 0..<count {
        guard configuration.count - position >= 2 else { return false }
        let length = Int(configuration[position]) << 8 | Int(configuration[position + 1])
        position += 2
        guard configuration.count - position >= length else { return false }
        let unit = UnsafeRawBufferPointer(rebasing: configuration[position..<position + length])
        if type == 34, !showsEveryPicture(unit) { return false }
        position += length
      }
    }
    return true
  }

  /// Whether a picture parameter set shows every picture: its output_flag_present_flag is 0.
  static func showsEveryPicture(_ parameters: UnsafeRawBufferPointer) -> Bool {
    var bits = BitReader(parameters, from: 2, isEscaped: true)
    guard bits.exponential() != nil, bits.exponential() != nil, let flags = bits.bits(2) else { return false }
    return flags & 1 == 0
  }
}

/// Reads frame headers of VP9. A packet may hold several frames, with an index at its end.
enum VP9Headers {
  static func kind(_ packet: UnsafeRawBufferPointer) -> PictureKind? {
    var sizes = [packet.count]
    if let last = packet.last, last & 0xE0 == 0xC0 {
      let (frames, bytes) = (Int(last & 7) + 1, Int(last >> 3 & 3) + 1)
      let length = 2 + frames * bytes
      if packet.count >= length, packet[packet.count - length] == last {
        sizes = (0..<frames).map { frame in
          let position = packet.count - length + 1 + frame * bytes
          return (0..<bytes).reduce(0) { $0 | Int(packet[position + $1]) << (8 * $1) }
        }
      }
    }
    var (position, shown, begins) = (0, 0, false)
    for (number, size) in sizes.enumerated() {
      guard size > 0, size <= packet.count - position else { return nil }
      var header = BitReader(UnsafeRawBufferPointer(rebasing: packet[position..<position + size]))
      guard header.bits(2) == 2, let profile = header.bits(2) else { return nil }
      if profile == 3 { _ = header.bits(1) }
      guard let again = header.bits(1) else { return nil }
      if again == 1 {
        shown += 1
      } else {
        guard let frame = header.bits(1), let show = header.bits(1) else { return nil }
        shown += show
        if number == 0, frame == 0 { begins = true }
      }
      position += size
    }
    guard shown == 1 else { return nil }
    return begins ? .clean : .reference
  }
}

/// Splits an AV1 packet into its units (OBUs), which state their sizes.
enum AV1Headers {
  /// Calls `body` with the type and content of each unit until it returns false. The result is false then, and also if
  /// the packet is malformed or has layers.
  static func units(
    of packet: UnsafeRawBufferPointer, _ body: (_ type: Int, UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var position = 0
    while position < packet.count {
      let header = packet[position]
      position += 1
      guard header & 0x84 == 0 else { return false }
      var size = packet.count - position
      if header & 2 != 0 {
        size = 0
        var shift = 0
        while true {
          guard shift < 35, position < packet.count else { return false }
          size |= Int(packet[position] & 0x7F) << shift
          shift += 7
          position += 1
          if packet[position - 1] & 0x80 == 0 { break }
        }
      }
      guard size <= packet.count - position else { return false }
      let unit = UnsafeRawBufferPointer(rebasing: packet[position..<position + size])
      guard body(Int(header >> 3 & 15), unit) else { return false }
      position += size
    }
    return true
  }
}
