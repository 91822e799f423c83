import Glibc
import Numerics
import System

/// How well a candidate does on clips that were left out, with the factor on its logits that makes its probabilities
/// calibrated.
final class LeftOutEstimate: @unchecked Sendable {
  // Unchecked: nothing writes to the estimate after `init`.

  /// The factor on logits with the largest log-likelihood of clips that were left out, held by a prior near 1.
  private(set) var temperature = 1.0
  /// The mean of -log p(label) over clips whose label has another clip; 0 if there are none.
  private(set) var clipLoss = 0.0
  /// Clips whose label is the best one when all clips of their label are left out.
  private(set) var rightByWords = 0.0
  /// Clips whose label has another clip.
  private(set) var clips = 0.0
  /// Of these, the clips whose label is the best one, and is among the best five.
  private(set) var right = 0.0
  private(set) var amongFive = 0.0

  /// Each clip's -log p(label) with the clip left out; 0 where its label has no other. [clips]
  private(set) var losses = GrowingArray<Double>()

  private static let precision = 4.0

  init(_ candidate: Candidate, _ rows: OrderedRows, _ texts: TextCosines, hasWords: Bool) throws(Failure) {
    let judge = try Judge(candidate, rows, texts, hasWords: hasWords)
    var exponent = 0.0
    var current = try judge.losses(temperature: 1)
    for _ in 0..<40 {
      // Newton's method for the logarithm of the temperature; the objective is convex in the temperature.
      let gradient = current.slope + LeftOutEstimate.precision * exponent
      let curvature = max(current.curvature, 0) + LeftOutEstimate.precision
      let step = max(-1, min(1, -gradient / curvature))
      if abs(step) < 1e-8 { break }
      var length = 1.0
      let before = current.clips + 0.5 * LeftOutEstimate.precision * exponent * exponent
      while length > 1e-6 {
        let tried = exponent + length * step
        let next = try judge.losses(temperature: exp(tried))
        if next.clips + 0.5 * LeftOutEstimate.precision * tried * tried <= before {
          (exponent, current) = (tried, next)
          break
        }
        length /= 2
      }
      if length <= 1e-6 { break }
    }
    temperature = exp(exponent)
    (clips, right, amongFive) = (judge.clips, judge.right, judge.amongFive)
    rightByWords = judge.rightByWords
    clipLoss = judge.clips > 0 ? current.clips / judge.clips : 0
    losses = try judge.clipLosses(temperature: temperature)
  }

  /// Whether the loss of clips is smaller than another's by more than the standard error of the difference, taken over clips.
  func isClearlyBelow(_ other: LeftOutEstimate) -> Bool {
    var spread = Spread()
    for clip in 0..<losses.count { spread.add(other.losses[clip] - losses[clip], weight: 1) }
    guard let mean = spread.mean, let deviation = spread.deviation else { return false }
    return mean > deviation / Double(losses.count).squareRoot()
  }
}

/// Goes through the logits of left-out rows over all labels.
private struct Judge: ~Copyable {
  struct Losses {
    /// The sum of -log p over clips that are left out.
    var clips = 0.0
    /// Its derivatives by the logarithm of the temperature.
    var slope = 0.0, curvature = 0.0
  }

  let candidate: Candidate
  let rows: OrderedRows
  let texts: TextCosines
  /// Whether some labels have no examples.
  let hasWords: Bool
  var clips = 0.0, right = 0.0, amongFive = 0.0, rightByWords = 0.0

  init(
    _ candidate: Candidate, _ rows: OrderedRows, _ texts: TextCosines, hasWords: Bool
  ) throws(Failure) {
    (self.candidate, self.rows, self.texts, self.hasWords) = (candidate, rows, texts, hasWords)
    let logits = try GrowingArray<Double>(uninitialized: texts.labelCount)
    for row in 0..<rows.count {
      if hasWords {
        texts.fill(logits.base, row: row, withExamples: candidate.labelLeftOut.row(row), rows)
        if betterLabels(row, logits.base) == 0 { rightByWords += rows.weights[row] }
      }
      guard rows.hasSiblings(row) else { continue }
      texts.fill(logits.base, row: row, withExamples: candidate.clipLeftOut.row(row), rows)
      let better = betterLabels(row, logits.base)
      clips += rows.weights[row]
      if better == 0 { right += rows.weights[row] }
      if better < 5 { amongFive += rows.weights[row] }
    }
  }

  /// The number of labels with larger logits than the row's own.
  private func betterLabels(_ row: Int, _ logits: UnsafePointer<Double>) -> Int {
    let own = logits[rows.labels[rows.columns[row]]]
    var better = 0
    for label in 0..<texts.labelCount where logits[label] > own { better += 1 }
    return better
  }

  func losses(temperature: Double) throws(Failure) -> Losses {
    var losses = Losses()
    let logits = try GrowingArray<Double>(uninitialized: texts.labelCount)
    for row in 0..<rows.count {
      try checkCancelled()
      if rows.hasSiblings(row) {
        texts.fill(logits.base, row: row, withExamples: candidate.clipLeftOut.row(row), rows)
        add(row, logits.base, temperature, to: &losses)
      }
    }
    return losses
  }

  /// Each clip's loss; 0 where its label has no other clip. [clips]
  func clipLosses(temperature: Double) throws(Failure) -> GrowingArray<Double> {
    var parts = try GrowingArray<Double>(repeating: 0, count: rows.clipCount)
    let logits = try GrowingArray<Double>(uninitialized: texts.labelCount)
    for clip in 0..<rows.clipCount {
      var losses = Losses()
      for row in rows.clipRows(clip) where rows.hasSiblings(row) {
        texts.fill(logits.base, row: row, withExamples: candidate.clipLeftOut.row(row), rows)
        add(row, logits.base, temperature, to: &losses)
      }
      parts[clip] = losses.clips
    }
    return parts
  }

  /// Adds the loss of a row that is left out alone, and its derivatives, each times the row's weight.
  private func add(
    _ row: Int, _ logits: UnsafePointer<Double>, _ temperature: Double, to losses: inout Losses
  ) {
    var peak = logits[0]
    for label in 0..<texts.labelCount { peak = max(peak, logits[label]) }
    let own = logits[rows.labels[rows.columns[row]]] - peak
    var (sum, first, second) = (0.0, 0.0, 0.0)
    for label in 0..<texts.labelCount {
      let logit = logits[label] - peak
      let share = exp(temperature * logit)
      sum += share
      first += share * logit
      second += share * logit * logit
    }
    let (mean, weight) = (first / sum, rows.weights[row])
    let slope = temperature * (mean - own)
    losses.clips += weight * (log(sum) - temperature * own)
    losses.slope += weight * slope
    losses.curvature += weight * (slope + temperature * temperature * (second / sum - mean * mean))
  }
}

extension TextCosines {
  /// Writes a row's logits over all labels [C]: those of labels with examples [S] are given, the others are their words'.
  func fill(
    _ logits: UnsafeMutablePointer<Double>, row: Int, withExamples given: UnsafePointer<Double>,
    _ rows: OrderedRows
  ) {
    let cosines = all.row(row)
    for label in 0..<labelCount { logits[label] = scale * cosines[label] }
    for column in 0..<rows.labelCount { logits[rows.labels[column]] = given[column] }
  }
}
