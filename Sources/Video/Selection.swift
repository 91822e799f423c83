import System

/// The packets to decode for the wanted frames: for each frame, those from its anchor to its own, without pictures
/// that nothing wanted depends on.
struct Selection {
  /// The progress of a decoder, and the packets it can continue from. Outlives the selection.
  struct State {
    /// The next packet.
    var position = 0
    /// The position up to which the decoder has got everything from `entry` on that later pictures may use.
    var isWhole = true
    var entry = 0
    /// Frames before this one are shown before the entry and depend on skipped packets.
    var floor = 0
  }

  enum Verdict { case skip, send, sendAfterReset }

  let index: FrameIndex
  /// Whether the decoder is drained after the last wanted packet. Otherwise it gets all packets until it returns the
  /// last frame, and reading can continue from there.
  let ends: Bool
  private let spans: [ClosedRange<Int>]
  private let wanted: [Int]  // positions, ascending
  private let last: Int
  private var span = 0
  private var nextWanted = 0

  /// - Parameter frames: frame indices, ascending, below the index's count, at least one.
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

  /// Whether a decoder can continue with this selection. `isEmptied`: it has been told to drain.
  func follows(_ state: State, isEmptied: Bool) -> Bool {
    // Its earlier packets are still to be returned, unless it was drained.
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
    // A clean key picture drains the decoder of earlier ones by itself.
    return packet.kind == .clean ? .send : .sendAfterReset
  }
}
