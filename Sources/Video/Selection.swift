import System

/// Which packets to give to a decoder so that it puts out the wanted frames: for each, those from the
/// anchor it goes back to up to its own, without the pictures that neither it nor another needs.
struct Selection {
  /// How far a decoder is, and what it can go on from. Outlives the selection.
  struct State {
    /// The next packet.
    var position = 0
    /// Everything from `entry` to here that later pictures may need was given to the decoder.
    var isWhole = true
    var entry = 0
    /// Frames before this one are shown before the entry, and made from what was passed over.
    var floor = 0
  }

  enum Verdict { case skip, send, sendAfterReset }

  let index: FrameIndex
  /// Whether the decoder is emptied after the last wanted packet. Else it is fed on with everything,
  /// until it puts out the last frame, and reading can go on from there.
  let ends: Bool
  private let spans: [ClosedRange<Int>]
  private let wanted: [Int]  // positions, ascending
  private let last: Int
  private var span = 0
  private var nextWanted = 0

  /// - Parameter frames: ascending, below the index's count, at least one.
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

  /// Whether a decoder can go on for this; `isEmptied`: it has been told to give all it has.
  func follows(_ state: State, isEmptied: Bool) -> Bool {
    // What was given to it before is still to come out, unless it has been emptied.
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
    // A clean picture empties the decoder of what was before by itself.
    return packet.kind == .clean ? .send : .sendAfterReset
  }
}
