import Glibc
import Numerics
import System

/// Turns a label's calibrated logit z into a probability that does not depend on the other labels, sigmoid(a z + b).
/// a and b are fitted by logistic regression over pairs of a clip that was left out and a label, with a normal prior of
/// precision 1 around a = 1 that keeps a finite where the pairs can be separated. Where no clip can be left out, a clip
/// has by its own label the score that a fit assumes for it.
final class IndependentFit {
  private(set) var slope = 1.0
  private(set) var intercept = 0.0
  /// The threshold on each label's probability. For a label with two clips or more the one with the best F1 over its clips
  /// and those of other labels; for others the one with the best F1 over all pairs. [C]
  private(set) var thresholds: GrowingArray<Double>

  private let logits: LeftOutLogits
  private let rows: OrderedRows
  private let temperature: Double
  /// The largest logit of each row. [n]
  private let peaks: GrowingArray<Double>
  private let usesSingles: Bool

  private static let slopePrecision = 1.0
  private static let interceptPrecision = 1e-6

  init(
    _ chosen: (candidate: Candidate, estimate: LeftOutEstimate), _ rows: OrderedRows, pool: ThreadPool?
  ) throws(Failure) {
    (logits, temperature, self.rows) = (chosen.estimate.clipLogits, chosen.estimate.temperature, rows)
    usesSingles = chosen.estimate.clips == 0
    peaks = try GrowingArray(uninitialized: rows.count)
    for row in 0..<rows.count {
      peaks.base[row] = chosen.candidate.clipLeftOut[row, rows.columns[row]] - logits.own[row]
    }
    thresholds = try GrowingArray(repeating: 0, count: logits.values.columns)
    try fitSigmoid(pool)
    try findThresholds()
  }

  private func isUsed(_ row: Int) -> Bool { usesSingles || rows.hasSiblings(row) }

  private func logit(_ row: Int, _ label: Int) -> Double {
    temperature * (logits.values.row(row)[label] + peaks[row])
  }

  private func probability(_ logit: Double) -> Double { 1 / (1 + exp(-(slope * logit + intercept))) }

  // MARK: - The sigmoid

  /// Newton's method with halved steps; the objective is strictly convex.
  private func fitSigmoid(_ pool: ThreadPool?) throws(Failure) {
    let parts = try GrowingArray<Sums>(repeating: Sums(), count: rows.count)
    intercept = -middle()
    var current = try objective(slope, intercept, parts.base, pool)
    for _ in 0..<50 {
      let determinant = current.aa * current.bb - current.ab * current.ab
      guard determinant > 0 else { break }
      let a = (current.bb * current.a - current.ab * current.b) / determinant
      let b = (current.aa * current.b - current.ab * current.a) / determinant
      let gain = a * current.a + b * current.b
      guard gain > 1e-9 else { break }
      var length = 1.0
      while length > 1e-6 {
        let next = try objective(slope - length * a, intercept - length * b, parts.base, pool)
        if next.value <= current.value - 1e-4 * length * gain {
          (slope, intercept, current) = (slope - length * a, intercept - length * b, next)
          break
        }
        length /= 2
      }
      if length <= 1e-6 { break }
    }
  }

  /// The mean of the points in the middle between a row's logit of its own label and the largest of another: near the
  /// logit of an even chance.
  private func middle() -> Double {
    var (sum, weight) = (0.0, 0.0)
    for row in 0..<rows.count where isUsed(row) {
      let (values, own) = (logits.values.row(row), rows.labels[rows.columns[row]])
      var other = -Double.infinity
      for label in 0..<logits.values.columns where label != own { other = max(other, values[label]) }
      if other == -Double.infinity { other = values[own] }
      sum += rows.weights[row] * temperature * (peaks[row] + (values[own] + other) / 2)
      weight += rows.weights[row]
    }
    return sum / weight
  }

  /// A value with its derivatives by slope and intercept, first and second.
  private struct Sums: BitwiseCopyable {
    var value = 0.0
    var a = 0.0, b = 0.0
    var aa = 0.0, ab = 0.0, bb = 0.0
  }

  private func objective(
    _ slope: Double, _ intercept: Double, _ parts: UnsafeMutablePointer<Sums>, _ pool: ThreadPool?
  ) throws(Failure) -> Sums {
    try checkCancelled()
    let (a, b) = (slope - 1, intercept)
    let (p, q) = (IndependentFit.slopePrecision, IndependentFit.interceptPrecision)
    var total = Sums(
      value: 0.5 * (p * a * a + q * b * b), a: p * a, b: q * b, aa: p, ab: 0, bb: q)
    addRows(slope, intercept, parts, pool)
    for row in 0..<rows.count where isUsed(row) {
      let (part, weight) = (parts[row], rows.weights[row])
      total.value += weight * part.value
      total.a += weight * part.a
      total.b += weight * part.b
      total.aa += weight * part.aa
      total.ab += weight * part.ab
      total.bb += weight * part.bb
    }
    return total
  }

  /// Writes the sums over the labels of each row.
  private func addRows(
    _ slope: Double, _ intercept: Double, _ parts: UnsafeMutablePointer<Sums>, _ pool: ThreadPool?
  ) {
    let (logits, rows, temperature, peaks) = (logits, rows, temperature, peaks.view)
    let (labelCount, usesSingles) = (logits.values.columns, usesSingles)
    inPieces(rows.count, pool) { piece in
      for row in piece where usesSingles || rows.hasSiblings(row) {
        let (values, own) = (logits.values.row(row), rows.labels[rows.columns[row]])
        var (sums, product) = (Sums(), 1.0)
        for label in 0..<labelCount {
          let z = temperature * (values[label] + peaks[row])
          let s = slope * z + intercept
          let power = exp(-abs(s))
          // log(1 + exp(s)), less s of the row's label. The product is at most 2^512 before its logarithm is taken.
          sums.value += max(s, 0) - (label == own ? s : 0)
          product *= 1 + power
          if label % 512 == 511 {
            sums.value += log(product)
            product = 1
          }
          let p = s >= 0 ? 1 / (1 + power) : power / (1 + power)
          let error = p - (label == own ? 1 : 0)
          let curvature = p * (1 - p)
          sums.a += error * z
          sums.b += error
          sums.aa += curvature * z * z
          sums.ab += curvature * z
          sums.bb += curvature
        }
        sums.value += log(product)
        parts[row] = sums
      }
    }
  }

  // MARK: - Thresholds

  private func findThresholds() throws(Failure) {
    let labelCount = logits.values.columns
    let search = try F1Search(rows.count)
    for row in 0..<rows.count where isUsed(row) {
      search.addPositive(logit(row, rows.labels[rows.columns[row]]), weight: rows.weights[row])
    }
    search.sortPositives()
    for row in 0..<rows.count where isUsed(row) {
      try checkCancelled()
      let own = rows.labels[rows.columns[row]]
      for label in 0..<labelCount where label != own {
        search.addNegative(logit(row, label), weight: rows.weights[row])
      }
    }
    let common = probability(search.best)
    for label in 0..<labelCount { thresholds[label] = common }
    for column in 0..<rows.labelCount where rows.clipCounts[column] > 1 {
      try checkCancelled()
      let label = rows.labels[column]
      search.removeAll()
      for row in rows.labelRows(column) { search.addPositive(logit(row, label), weight: rows.weights[row]) }
      search.sortPositives()
      for row in 0..<rows.count where rows.columns[row] != column {
        search.addNegative(logit(row, label), weight: rows.weights[row])
      }
      thresholds[label] = probability(search.best)
    }
  }
}
