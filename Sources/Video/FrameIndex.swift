import System
internal import CFFmpeg

/// The packets of a stream and their frames, found without decoding: frame k is the packet with the k-th smallest
/// timestamp. An index is made only if decoding everything is sure to give the same frames.
final class FrameIndex {
  /// A packet, with its timestamp and duration in the stream's time units and its size in bytes.
  struct Packet: BitwiseCopyable {
    let time: Int64
    let duration: Int64
    let size: Int32
    /// The index of the packet's frame in presentation order.
    var frame: Int32
    var kind: PictureKind
    let layer: UInt8
  }

  /// The duration in seconds, equal to the one that decoding everything finds.
  private(set) var duration = 0.0
  /// Whether every packet has a duration.
  private(set) var hasDurations = true
  private(set) var packets = GrowingArray<Packet>()
  /// The position in `packets` of each frame's packet.
  private var positions = GrowingArray<Int32>()
  /// The positions in `packets`, ascending, where decoding may begin.
  private(set) var anchors = GrowingArray<Int32>()
  /// The positions in `packets`, ascending, of pictures that can be decoded by themselves.
  private(set) var keys = GrowingArray<Int32>()
  private var isReordered = false

  var count: Int { packets.count }
  func position(of frame: Int) -> Int { Int(positions[frame]) }
  func frame(at position: Int) -> Int { Int(packets[position].frame) }
  func time(of frame: Int) -> Int64 { packets[position(of: frame)].time }
  func duration(of frame: Int) -> Int64 { packets[position(of: frame)].duration }

  /// The limit on packets of an index, more than a day at 10 frames per second. Longer videos are decoded whole.
  private static let maxPackets = 1 << 20
  /// The limit on pictures that a decoder holds back for reordering.
  private static let maxDelay = 16

  /// Properties of a stream, found by decoding its first frame.
  struct Stream {
    let index: Int32
    let codec: cffmpeg_codec
    let profile: Int32
    /// The number of pictures that the decoder initially holds back for reordering.
    let delay: Int32
    let firstTime: Int64
    /// The clock before the first frame.
    let clock: FrameClock
  }

  /// Makes an index by reading `demuxer` to its end; nil if frames must be counted by decoding, or if memory for the
  /// index is lacking.
  static func make(_ demuxer: Demuxer, _ stream: Stream) throws(Failure) -> FrameIndex? {
    guard let found = demuxer.stream, found.codec == stream.codec,
      var reader = PictureReader(found, profile: stream.profile)
    else { return nil }
    let delay = Int(stream.delay)
    let index = FrameIndex()
    while try demuxer.next() {
      guard !demuxer.packetChangesParameters,
        (try? index.add(demuxer.contents, &reader, delay: delay)) == true
      else { return nil }
    }
    // Some writers store the decoding order as the presentation order.
    if delay > 0, !index.isReordered { return nil }
    return (try? index.finish(reader.syntax)) == true && index.measure(stream.clock) ? index : nil
  }

  private func add(
    _ packet: cffmpeg_packet, _ reader: inout PictureReader, delay: Int
  ) throws(Failure) -> Bool {
    let time = packet.time
    guard time != cffmpeg_no_timestamp, !packet.is_corrupt, !packet.is_discarded, count < Self.maxPackets
    else { return false }
    let bytes = UnsafeRawBufferPointer(start: packet.data, count: Int(packet.size))
    guard let kind = reader.read(bytes, isKey: packet.is_key) else { return false }
    let number = Int32(count)
    if packet.duration <= 0 { hasDurations = false }
    try packets.append(
      Packet(
        time: time, duration: packet.duration, size: packet.size, frame: number, kind: kind,
        layer: reader.layer))
    try positions.append(number)
    // Inserts the packet by its time. It moves by the number of pictures that wait for it.
    var slot = count - 1
    while slot > 0, packets[Int(positions[slot - 1])].time >= time {
      if packets[Int(positions[slot - 1])].time == time { return false }
      positions[slot] = positions[slot - 1]
      slot -= 1
      isReordered = true
      // A decoder that expects fewer pictures to wait loses some.
      if count - 1 - slot > min(delay, Self.maxDelay) { return false }
    }
    positions[slot] = number
    return true
  }

  private func finish(_ syntax: PictureReader.Syntax) throws(Failure) -> Bool {
    var highest: UInt8 = 0
    for frame in 0..<count { packets[position(of: frame)].frame = Int32(frame) }
    for position in 0..<count { highest = max(highest, packets[position].layer) }
    var last = -1  // the latest frame so far
    for position in 0..<count {
      let packet = packets[position]
      let frame = Int(packet.frame)
      switch packet.kind {
      case .clean:
        // Earlier pictures are shown before it. In HEVC, later pictures may be shown between them.
        if last != position - 1 || (syntax != .hevc && frame != position) { return false }
      case .open, .intra:
        if last > frame { packets[position].kind = .reference }
      case .disposable where syntax == .mpeg4:
        // It is shown before the picture that it follows.
        if last < frame { return false }
      case .disposable:
        // A picture of a higher layer may use it.
        if packet.layer != highest { packets[position].kind = .reference }
      case .reference: break
      }
      // These codecs show every picture at once.
      if frame != position, syntax == .vp9 || syntax == .av1 { return false }
      last = max(last, frame)
      let kind = packets[position].kind
      if kind.isAnchor { try anchors.append(Int32(position)) }
      if kind.isKey { try keys.append(Int32(position)) }
    }
    // Pictures before the first anchor are lost or repaired.
    return count > 0 && packets[0].kind.isAnchor && packets[0].frame == 0
  }

  /// Computes the duration. False if the time of a frame differs from its timestamp.
  private func measure(_ start: FrameClock) -> Bool {
    var clock = start
    for frame in 0..<count {
      clock.advance(to: time(of: frame), lasting: duration(of: frame))
    }
    duration = clock.end
    return clock.isSteady
  }

  /// Whether `packet` is the one at `position` of the index, by its timestamp and size.
  func holds(_ packet: cffmpeg_packet, at position: Int) -> Bool {
    position < count && packets[position].time == packet.time && packets[position].size == packet.size
  }

  /// The last position at which decoding for `frame` may begin.
  func start(of frame: Int) -> Int {
    let position = position(of: frame)
    var before = anchors.countNotAbove(Int32(position)) - 1  // at least 0: the first packet is one
    if before <= 0 { return 0 }
    let anchor = Int(anchors[before])
    if self.frame(at: anchor) <= frame { return anchor }
    // The frame is shown before its anchor, so it depends on pictures before that.
    repeat { before -= 1 } while before > 0 && packets[Int(anchors[before])].kind != .clean
    return Int(anchors[before])
  }

  /// The frame nearest to `frame` that can be decoded by itself, the earlier of two.
  func key(near frame: Int) -> Int {
    // Key pictures are shown in decoding order.
    var (low, high) = (0, keys.count)
    while low < high {
      let middle = low + (high - low) / 2
      if self.frame(at: Int(keys[middle])) <= frame { low = middle + 1 } else { high = middle }
    }
    let before = self.frame(at: Int(keys[max(0, low - 1)]))
    guard low < keys.count else { return before }
    let after = self.frame(at: Int(keys[low]))
    return after - frame < frame - before ? after : before
  }
}
