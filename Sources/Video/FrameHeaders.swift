/// Parameter sets of HEVC: whether pictures may be decoded and never shown, which packets do not tell.
enum HEVCHeaders {
  /// Whether all parameter sets in an hvcC box, of at least 23 bytes, show every picture.
  static func showsEveryPicture(configuration: UnsafeRawBufferPointer) -> Bool {
    var place = 23
    for _ in 0..<configuration[22] {
      guard configuration.count - place >= 3 else { return false }
      let type = configuration[place] & 63
      let count = Int(configuration[place + 1]) << 8 | Int(configuration[place + 2])
      place += 3
      for _ in 0..<count {
        guard configuration.count - place >= 2 else { return false }
        let length = Int(configuration[place]) << 8 | Int(configuration[place + 1])
        place += 2
        guard configuration.count - place >= length else { return false }
        let unit = UnsafeRawBufferPointer(rebasing: configuration[place..<place + length])
        if type == 34, !showsEveryPicture(unit) { return false }
        place += length
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

/// Frame headers of VP9. A packet may hold several frames, with an index at its end.
enum VP9Headers {
  static func kind(_ packet: UnsafeRawBufferPointer) -> PictureKind? {
    var sizes = [packet.count]
    if let last = packet.last, last & 0xE0 == 0xC0 {
      let (frames, bytes) = (Int(last & 7) + 1, Int(last >> 3 & 3) + 1)
      let length = 2 + frames * bytes
      if packet.count >= length, packet[packet.count - length] == last {
        sizes = (0..<frames).map { frame in
          let place = packet.count - length + 1 + frame * bytes
          return (0..<bytes).reduce(0) { $0 | Int(packet[place + $1]) << (8 * $1) }
        }
      }
    }
    var (place, shown, begins) = (0, 0, false)
    for (number, size) in sizes.enumerated() {
      guard size > 0, size <= packet.count - place else { return nil }
      var header = BitReader(UnsafeRawBufferPointer(rebasing: packet[place..<place + size]))
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
      place += size
    }
    guard shown == 1 else { return nil }
    return begins ? .clean : .reference
  }
}

/// Units (OBUs) of an AV1 packet, each with its size.
enum AV1Headers {
  /// Calls `body` with the type and content of each unit until it returns false. Returns false too if the packet is
  /// malformed or has layers.
  static func units(
    of packet: UnsafeRawBufferPointer, _ body: (_ type: Int, UnsafeRawBufferPointer) -> Bool
  ) -> Bool {
    var place = 0
    while place < packet.count {
      let header = packet[place]
      place += 1
      guard header & 0x84 == 0 else { return false }
      var size = packet.count - place
      if header & 2 != 0 {
        size = 0
        var shift = 0
        while true {
          guard shift < 35, place < packet.count else { return false }
          size |= Int(packet[place] & 0x7F) << shift
          shift += 7
          place += 1
          if packet[place - 1] & 0x80 == 0 { break }
        }
      }
      guard size <= packet.count - place else { return false }
      let unit = UnsafeRawBufferPointer(rebasing: packet[place..<place + size])
      guard body(Int(header >> 3 & 15), unit) else { return false }
      place += size
    }
    return true
  }
}
