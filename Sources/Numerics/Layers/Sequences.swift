/// The sequences of a batch: sequence i has rows offsets[i] ..< offsets[i + 1], which may go on from rows of other
/// sequences.
public struct Sequences {
  public let offsets: UnsafePointer<Int>
  public let count: Int
  private let before: Before?
  private let view: View?
  /// The number of the first of these sequences among those that they were sliced from.
  private let first: Int

  /// The rows that come before a sequence's own: for sequence i rows[offsets[i] ..< offsets[i + 1]], each a row of
  /// another sequence, or -1 for a row whose key and value are zero.
  public struct Before {
    let rows: UnsafePointer<Int>
    let offsets: UnsafePointer<Int>

    public init(rows: UnsafePointer<Int>, offsets: UnsafePointer<Int>) {
      self.rows = rows
      self.offsets = offsets
    }
  }

  /// Sequences of one length that are the frames of whole videos, one video after the other. The rows of a frame see
  /// those of the `reach` frames before and behind it too: keys and values of those frames stand beside its own. Beyond
  /// the ends of a video they are zeros, which take their part in the softmax. Source: Open-VCLIP
  /// slowfast/models/torch_utils/functional.py, `expand_temporal_view` (one frame on each side), `_step2` and `_step3`.
  public struct View: Sendable {
    /// Frames on each side, at least 1.
    let reach: Int
    /// Frames of a video.
    let frames: Int

    public init(reach: Int, frames: Int) {
      self.reach = reach
      self.frames = frames
    }
  }

  public init(offsets: UnsafePointer<Int>, count: Int, before: Before? = nil, view: View? = nil) {
    self.init(offsets: offsets, count: count, before: before, view: view, first: 0)
  }

  private init(offsets: UnsafePointer<Int>, count: Int, before: Before?, view: View?, first: Int) {
    self.offsets = offsets
    self.count = count
    self.before = before
    self.view = view
    self.first = first
  }

  /// The number of all sequences' own rows.
  public var rows: Int { offsets[count] - offsets[0] }
  /// The number of a sequence's own rows.
  public func length(_ index: Int) -> Int { offsets[index + 1] - offsets[index] }

  /// The rows before a sequence's own.
  func past(_ index: Int) -> UnsafeBufferPointer<Int> {
    guard let before else { return UnsafeBufferPointer(start: nil, count: 0) }
    let first = before.offsets[index]
    return UnsafeBufferPointer(start: before.rows + first, count: before.offsets[index + 1] - first)
  }

  /// The rows whose keys and values a sequence's own rows see, besides those before: a run of rows that holds its own,
  /// and so many rows of zeros.
  func seen(_ index: Int) -> (rows: Range<Int>, zeros: Int) {
    guard let view else { return (offsets[index]..<offsets[index + 1], 0) }
    let frame = (first + index) % view.frames
    let (before, behind) = (min(view.reach, frame), min(view.reach, view.frames - 1 - frame))
    return (
      offsets[index - before]..<offsets[index + behind + 1],
      (2 * view.reach - before - behind) * length(index)
    )
  }

  /// Sequences first ..< first + count. Those with a view must be whole videos.
  public func slice(_ first: Int, _ count: Int) -> Sequences {
    Sequences(
      offsets: offsets + first, count: count,
      before: before.map { Before(rows: $0.rows, offsets: $0.offsets + first) }, view: view,
      first: self.first + first)
  }
}

/// The rows of each sequence that a result is wanted for.
public enum WantedRows: Sendable {
  case all, first, last

  /// The wanted rows of a sequence of `length` rows.
  public func range(_ length: Int) -> Range<Int> {
    switch self {
    case .all: 0..<length
    case .first: 0..<1
    case .last: length - 1..<length
    }
  }
}
