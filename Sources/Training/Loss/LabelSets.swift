import System

/// The labels of a batch's clips, one or several each.
public final class LabelSets: Sendable {
  private let labels: GrowingArray<Int32>
  /// The end of each clip's labels among `labels`.
  private let ends: GrowingArray<Int>

  /// Copies the labels of `count` clips, which `labelsOf` gives: at least one each, as ascending numbers from 0 on.
  public init(count: Int, _ labelsOf: (Int) -> UnsafeBufferPointer<Int32>) throws(Failure) {
    var labels = GrowingArray<Int32>()
    var ends = GrowingArray<Int>()
    for clip in 0..<count {
      let own = labelsOf(clip)
      guard let first = own.first else { throw .argument("clip \(clip) has no label") }
      guard first >= 0 else { throw .argument("clip \(clip) has a label below 0") }
      for place in 1..<own.count where own[place] <= own[place - 1] {
        throw .argument("the labels of clip \(clip) do not ascend")
      }
      try labels.append(contentsOf: own)
      try ends.append(labels.count)
    }
    self.labels = labels
    self.ends = ends
  }

  /// Each clip's labels, ascending. A batch that a caller sizes takes the initialiser above, which can fail.
  public convenience init(_ sets: [[Int]]) throws(Failure) {
    var labels = GrowingArray<Int32>()
    var starts: [Int] = []
    for set in sets {
      starts.append(labels.count)
      for label in set { try labels.append(Int32(clamping: label)) }
    }
    let all = labels.view
    try self.init(count: sets.count) {
      UnsafeBufferPointer(rebasing: all[starts[$0]...].prefix(sets[$0].count))
    }
  }

  public var count: Int { ends.count }

  /// A clip's labels, ascending; valid as long as the object lives.
  subscript(clip: Int) -> UnsafeBufferPointer<Int32> {
    UnsafeBufferPointer(rebasing: labels.view[(clip == 0 ? 0 : ends[clip - 1])..<ends[clip]])
  }

  /// Whether two clips have a label in common.
  func intersect(_ a: Int, _ b: Int) -> Bool {
    var (i, j) = (0, 0)
    let (x, y) = (self[a], self[b])
    while i < x.count, j < y.count {
      if x[i] == y[j] { return true }
      if x[i] < y[j] { i += 1 } else { j += 1 }
    }
    return false
  }
}
