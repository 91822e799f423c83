import System

/// The packets to decode for the wanted frames: for each frame, those from its anchor to its own, except pictures that
/// no wanted frame depends on.
struct Selection {
  /// The progress of a decoder, which a later selection can continue from.
  struct State {
    /// The position of the next packet.
    var position = 0
    /// Whether the decoder has received all packets from `entry` on that later pictures may use.
    var isWhole = true
    var entry = 0
    /// The first frame that can be decoded: earlier ones are shown before the entry and depend on skipped packets.
    var floor = 0
  }

  /// The fate of a packet: skipped, sent to the decoder, or sent after the decoder is drained and reset.
  enum Verdict { case skip, send, sendAfterReset }

  let index: FrameIndex
  /// Whether the decoder is drained after the last wanted packet. Otherwise it gets all packets until it returns the
  /// last frame, so that reading can continue from there.
  let ends: Bool
  private let spans: [ClosedRange<Int>]
  private let wanted: [Int]  // positions, ascending
  private let last: Int
  private var span = 0
  private var nextWanted = 0

  /// Selects the packets for `frames`: at least one frame index, ascending, all below the index's count.
  init(_ index: FrameIndex, frames: [Int], keysAlone: Bool, ends: Bool) {
    self.index = index
    self.ends = ends
    last = frames.last ?? 0
    wanted = frames.map(index.position).sorted()
    let ranges = frames.map { frame in
      let position = index.position(of: frame)
      return (keysAlone ? position : min(index.start(of: frame), position))...position
    }.sorted { $0.lowerBound < $1.lowerBound }
    var spans: [ClosedRange<Int>] = []
    for range in ranges {
      if let previous = spans.last, range.lowerBound <= previous.upperBound + 1 {
        let end = max(previous.upperBound, range.upperBound)
        spans[spans.count - 1] = previous.lowerBound...end
      } else {
        spans.append(range)
      }
    }
    self.spans = spans
  }

  /// Whether a decoder in `state` can continue with this selection. `isEmptied`: whether it was told to drain.
  func follows(_ state: State, isEmptied: Bool) -> Bool {
    // Unless it was drained, the decoder still holds frames of earlier packets.
    if isEmptied { return (spans.first?.lowerBound ?? 0) >= state.position }
    guard let next = spans.first(where: { $0.upperBound >= state.position }) else { return true }
    return next.lowerBound >= state.position || (state.isWhole && state.entry <= next.lowerBound)
  }

  mutating func isDone(at position: Int) -> Bool {
    while span < spans.count, spans[span].upperBound < position { span += 1 }
    return ends && span == spans.count
  }

  mutating func verdict(_ state: inout State) -> Verdict {
    let position = state.position
    state.position += 1
    let done = isDone(at: position)
    let packet = index.packets[position]
    let frame = Int(packet.frame)
    while nextWanted < wanted.count, wanted[nextWanted] < position { nextWanted += 1 }
    if nextWanted < wanted.count, wanted[nextWanted] == position {
      if spans[span].lowerBound == position, !state.isWhole { return enter(&state, position, packet) }
      return .send
    }
    if span < spans.count {
      if position < spans[span].lowerBound {
        state.isWhole = false
        return .skip
      }
      if position == spans[span].lowerBound, !state.isWhole { return enter(&state, position, packet) }
    } else if done || !state.isWhole {
      return .skip
    }
    if frame < state.floor || (packet.kind == .disposable && frame < last) { return .skip }
    return .send
  }

  private func enter(_ state: inout State, _ position: Int, _ packet: FrameIndex.Packet) -> Verdict {
    state.isWhole = true
    state.entry = position
    state.floor = Int(packet.frame)
    // At a clean key picture the decoder returns earlier pictures by itself.
    return packet.kind == .clean ? .send : .sendAfterReset
  }
}
