import System

/// Two labels, and the clips of one that were taken for the other when they were left out.
public struct Confusion: Sendable, Equatable, BitwiseCopyable {
  /// The smaller index of the two labels.
  public let first: Int
  public let second: Int
  /// Clips of either label that were taken for the other. Of a clip with several views, each counts its part.
  public internal(set) var clips: Double

  /// Joins those of equal labels, and sorts: the most clips first, then by labels.
  static func join(_ confusions: inout GrowingArray<Confusion>) {
    confusions.buffer.heapSort { $0.isBefore($1) }
    var joined = 0
    for index in 0..<confusions.count {
      let next = confusions[index]
      if joined > 0, confusions[joined - 1].first == next.first, confusions[joined - 1].second == next.second
      {
        confusions[joined - 1].clips += next.clips
      } else {
        confusions[joined] = next
        joined += 1
      }
    }
    confusions.removeLast(to: joined)
    confusions.buffer.heapSort { $0.clips == $1.clips ? $0.isBefore($1) : $0.clips > $1.clips }
  }

  /// Whether the labels come first; of equal labels the number of clips decides, so that sums have one order.
  private func isBefore(_ other: Confusion) -> Bool {
    (first, second, clips) < (other.first, other.second, other.clips)
  }
}
