import Glibc
import Numerics
import System

/// Finds the factor on left-out logits, the temperature, with the largest log-likelihood.
struct Calibration: ~Copyable {
  private let logits: LeftOutLogits
  private let rows: OrderedRows
  private let pool: ThreadPool?
  /// Each row's loss, and its first and second derivatives by the logarithm of the temperature. [n]
  private var parts: GrowingArray<SIMD3<Double>>

  init(_ logits: LeftOutLogits, _ rows: OrderedRows, pool: ThreadPool?) throws(Failure) {
    (self.logits, self.rows, self.pool) = (logits, rows, pool)
    parts = try GrowingArray(repeating: .zero, count: rows.count)
  }

  /// The temperature t that minimises the sum of losses and precision / 2 · log(t)^2, by Newton's method for log(t).
  mutating func temperature(precision: Double) throws(Failure) -> Double {
    var exponent = 0.0
    var current = try sums(temperature: 1)
    for _ in 0..<40 {
      let step = max(-1, min(1, -(current.y + precision * exponent) / (max(current.z, 0) + precision)))
      if abs(step) < 1e-6 { break }
      let before = current.x + 0.5 * precision * exponent * exponent
      var length = 1.0
      while length > 1e-6 {
        let tried = exponent + length * step
        let next = try sums(temperature: exp(tried))
        if next.x + 0.5 * precision * tried * tried <= before {
          (exponent, current) = (tried, next)
          break
        }
        length /= 2
      }
      if length <= 1e-6 { break }
    }
    return exp(exponent)
  }

  /// Each row's loss at a temperature. [n]
  mutating func losses(temperature: Double) throws(Failure) -> GrowingArray<Double> {
    _ = try sums(temperature: temperature)
    let losses = try GrowingArray<Double>(uninitialized: rows.count)
    for row in 0..<rows.count { losses.base[row] = parts[row].x }
    return losses
  }

  private mutating func sums(temperature: Double) throws(Failure) -> SIMD3<Double> {
    try checkCancelled()
    let labelCount = logits.values.columns
    let (parts, own, weights) = (parts.base, logits.own.view, rows.weights.view)
    inPieces(rows.count, pool) { piece in
      for row in piece where rows.hasSiblings(row) {
        let values = logits.values.row(row)
        var (sum, first, second) = (0.0, 0.0, 0.0)
        for label in 0..<labelCount {
          let logit = values[label]
          let share = exp(temperature * logit)
          sum += share
          first += share * logit
          second += share * logit * logit
        }
        let mean = first / sum
        let slope = temperature * (mean - own[row])
        let curvature = slope + temperature * temperature * (second / sum - mean * mean)
        parts[row] = weights[row] * SIMD3(log(sum) - temperature * own[row], slope, curvature)
      }
    }
    var total = SIMD3<Double>.zero
    for row in 0..<rows.count { total += parts[row] }
    return total
  }
}
