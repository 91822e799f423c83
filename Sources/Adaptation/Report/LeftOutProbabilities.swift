import Glibc
import Numerics
import System

/// Probabilities of labels for rows of a support that were left out.
struct LeftOutProbabilities: ~Copyable {
  private let logits: LeftOutLogits
  private let temperature: Double
  /// Probabilities of the row that was filled last. [C]
  let values: GrowingArray<Double>

  init(_ logits: LeftOutLogits, temperature: Double) throws(Failure) {
    (self.logits, self.temperature) = (logits, temperature)
    values = try GrowingArray(uninitialized: logits.values.columns)
  }

  /// Writes the softmax of a row's logits to `values`. A label that is excluded gets 0, as if nobody knew it.
  func fill(_ row: Int, excluding excluded: Int? = nil) {
    let (from, to, count) = (logits.values.row(row), values.base, values.count)
    for label in 0..<count { to[label] = temperature * from[label] }
    if let excluded { to[excluded] = -.infinity }
    softmax(to, count)
  }

  func addValues(to sums: UnsafeMutablePointer<Double>) {
    for label in 0..<values.count { sums[label] += values.base[label] }
  }

  /// The label with the largest probability, of equal ones the first.
  var best: Int { LeftOutProbabilities.best(values.base, values.count) }

  /// The largest probability, and the second largest.
  var largestTwo: (Double, Double) {
    var (first, second) = (0.0, 0.0)
    for label in 0..<values.count {
      let probability = values.base[label]
      if probability > first {
        (first, second) = (probability, first)
      } else if probability > second {
        second = probability
      }
    }
    return (first, second)
  }

  /// The index of the largest of numbers, of equal ones the first.
  static func best(_ numbers: UnsafePointer<Double>, _ count: Int) -> Int {
    var best = 0
    for index in 0..<count where numbers[index] > numbers[best] { best = index }
    return best
  }
}
