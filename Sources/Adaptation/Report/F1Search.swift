import System

/// Finds the threshold on a score with the best F1, the harmonic mean of precision and recall.
final class F1Search {
  private struct Positive: BitwiseCopyable { var score, weight: Double }
  /// Negatives between two positives: their weight, and the largest of them.
  private struct Gap: BitwiseCopyable { var weight = 0.0, largest = -Double.infinity }

  private let positives: GrowingArray<Positive>
  /// Negatives below the first positive, between the first and the second, and so on. [positives + 1]
  private let gaps: GrowingArray<Gap>
  private var count = 0

  /// - Parameter capacity: the most positives that are added.
  init(_ capacity: Int) throws(Failure) {
    positives = try GrowingArray(uninitialized: capacity)
    gaps = try GrowingArray(repeating: Gap(), count: capacity + 1)
  }

  func removeAll() {
    for index in 0...count { gaps.base[index] = Gap() }
    count = 0
  }

  /// All positives come before the negatives.
  func addPositive(_ score: Double, weight: Double) {
    positives.base[count] = Positive(score: score, weight: weight)
    count += 1
  }

  func sortPositives() {
    UnsafeMutableBufferPointer(rebasing: positives.buffer[0..<count]).heapSort {
      ($0.score, $0.weight) < ($1.score, $1.weight)
    }
  }

  func addNegative(_ score: Double, weight: Double) {
    // The number of positives that are not larger.
    var (low, high) = (0, score < positives.base[0].score ? 0 : count)
    while low < high {
      let middle = (low + high) / 2
      if positives.base[middle].score <= score { low = middle + 1 } else { high = middle }
    }
    gaps.base[low].weight += weight
    gaps.base[low].largest = max(gaps.base[low].largest, score)
  }

  /// The threshold in the middle between the lowest score that it accepts and the next below; of equally good ones the
  /// highest. There must be positives.
  var best: Double {
    var all = 0.0
    for index in 0..<count { all += positives[index].weight }
    var (accepted, wrong, quality, threshold) = (0.0, 0.0, -1.0, 0.0)
    for index in stride(from: count - 1, through: 0, by: -1) {
      accepted += positives[index].weight
      wrong += gaps[index + 1].weight
      let f1 = 2 * accepted / (accepted + wrong + all)
      guard f1 > quality else { continue }
      quality = f1
      let score = positives[index].score
      let below = max(gaps[index].largest, index > 0 ? positives[index - 1].score : -.infinity)
      threshold = below > -.infinity ? (score + below) / 2 : score
    }
    return threshold
  }
}
