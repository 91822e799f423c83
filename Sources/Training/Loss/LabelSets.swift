import System

/// The labels of a batch's clips, one or several each.
public struct LabelSets: Sendable {
  private let sets: [[Int]]

  /// Each clip's labels, at least one, as numbers from 0 on.
  public init(_ sets: [[Int]]) throws(Failure) {
    for (clip, labels) in sets.enumerated() {
      guard !labels.isEmpty else { throw .argument("clip \(clip) has no label") }
      guard labels.allSatisfy({ $0 >= 0 }) else {
        throw .argument("clip \(clip) has a label below 0")
      }
    }
    self.sets = sets.map { $0.sorted() }
  }

  public var count: Int { sets.count }
  subscript(clip: Int) -> [Int] { sets[clip] }

  /// Whether two clips have a label in common.
  func intersect(_ a: Int, _ b: Int) -> Bool {
    var (i, j) = (0, 0)
    let (x, y) = (sets[a], sets[b])
    while i < x.count, j < y.count {
      if x[i] == y[j] { return true }
      if x[i] < y[j] { i += 1 } else { j += 1 }
    }
    return false
  }
}
