/// The sequences of a batch: sequence i has rows offsets[i] ..< offsets[i + 1], which may go on from rows of other
/// sequences.
public struct Sequences {
  public let offsets: UnsafePointer<Int>
  public let count: Int
  private let before: Before?

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

  public init(offsets: UnsafePointer<Int>, count: Int, before: Before? = nil) {
    self.offsets = offsets
    self.count = count
    self.before = before
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

  /// Sequences first ..< first + count.
  public func slice(_ first: Int, _ count: Int) -> Sequences {
    Sequences(
      offsets: offsets + first, count: count,
      before: before.map { Before(rows: $0.rows, offsets: $0.offsets + first) })
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
