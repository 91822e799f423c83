import Glibc
import Numerics
import System

/// How well a candidate does on clips that were left out, with the factor on its logits that makes its probabilities
/// calibrated.
struct LeftOutEstimate {
  /// The factor on logits with the largest log-likelihood of what was left out, held by a prior near 1.
  private(set) var temperature = 1.0
  /// The mean of -log p(label) over clips whose label has another clip; 0 if there are none.
  private(set) var clipLoss = 0.0
  /// The mean of -log p(label) over clips with all clips of their label left out; 0 if all labels have examples.
  private(set) var wordsLoss = 0.0
  /// The sum of both losses, each counted as in `MixtureFit`.
  private(set) var loss = 0.0
  /// Clips whose label has another clip.
  private(set) var clips = 0.0
  /// Of these, the clips whose label is the best one, and is among the best five.
  private(set) var right = 0.0
  private(set) var amongFive = 0.0

  private static let precision = 4.0

  init(_ candidate: Candidate, _ rows: OrderedRows, _ texts: TextCosines, wordsCount: Double) throws(Failure)
  {
    let judge = try Judge(candidate, rows, texts, wordsCount: wordsCount)
    var exponent = 0.0
    var current = try judge.losses(temperature: 1)
    for _ in 0..<40 {
      // Newton's method for the logarithm of the temperature; the objective is convex in the temperature.
      let gradient = current.slope + LeftOutEstimate.precision * exponent
      let curvature = max(current.curvature, 0) + LeftOutEstimate.precision
      let step = max(-1, min(1, -gradient / curvature))
      if abs(step) < 1e-8 { break }
      var length = 1.0
      let before = current.total + 0.5 * LeftOutEstimate.precision * exponent * exponent
      while length > 1e-6 {
        let tried = exponent + length * step
        let next = try judge.losses(temperature: exp(tried))
        if next.total + 0.5 * LeftOutEstimate.precision * tried * tried <= before {
          (exponent, current) = (tried, next)
          break
        }
        length /= 2
      }
      if length <= 1e-6 { break }
    }
    temperature = exp(exponent)
    (clips, right, amongFive) = (judge.clips, judge.right, judge.amongFive)
    clipLoss = judge.clips > 0 ? current.clips / judge.clips : 0
    wordsLoss = wordsCount > 0 ? current.words / judge.allClips : 0
    loss = current.total
  }
}

/// Goes through the logits of left-out rows over all labels.
private struct Judge: ~Copyable {
  struct Losses {
    /// Sums of -log p over clips, with the clip and with the label left out.
    var clips = 0.0, words = 0.0
    /// The weighted sum of both, and its derivatives by the logarithm of the temperature.
    var total = 0.0, slope = 0.0, curvature = 0.0
  }

  let candidate: Candidate
  let rows: OrderedRows
  let texts: TextCosines
  let wordsCount: Double
  var clips = 0.0, right = 0.0, amongFive = 0.0, allClips = 0.0

  init(
    _ candidate: Candidate, _ rows: OrderedRows, _ texts: TextCosines, wordsCount: Double
  ) throws(Failure) {
    (self.candidate, self.rows, self.texts, self.wordsCount) = (candidate, rows, texts, wordsCount)
    let logits = try GrowingArray<Double>(uninitialized: texts.labelCount)
    for row in 0..<rows.count {
      allClips += rows.weights[row]
      guard rows.hasSiblings(row) else { continue }
      texts.fill(logits.base, row: row, withExamples: candidate.clipLeftOut.row(row), rows)
      let own = logits.base[rows.labels[rows.columns[row]]]
      var before = 0
      for label in 0..<texts.labelCount where logits.base[label] > own { before += 1 }
      clips += rows.weights[row]
      if before == 0 { right += rows.weights[row] }
      if before < 5 { amongFive += rows.weights[row] }
    }
  }

  func losses(temperature: Double) throws(Failure) -> Losses {
    var losses = Losses()
    let logits = try GrowingArray<Double>(uninitialized: texts.labelCount)
    for row in 0..<rows.count {
      try checkCancelled()
      if rows.hasSiblings(row) {
        texts.fill(logits.base, row: row, withExamples: candidate.clipLeftOut.row(row), rows)
        losses.clips += add(row, logits.base, temperature, count: 1, to: &losses)
      }
      if wordsCount > 0 {
        texts.fill(logits.base, row: row, withExamples: candidate.labelLeftOut.row(row), rows)
        losses.words += add(row, logits.base, temperature, count: wordsCount, to: &losses)
      }
    }
    return losses
  }

  /// Adds a row's loss and its derivatives, and returns the loss, each times the row's weight.
  private func add(
    _ row: Int, _ logits: UnsafePointer<Double>, _ temperature: Double, count: Double, to losses: inout Losses
  ) -> Double {
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
    let mean = first / sum
    let weight = rows.weights[row]
    let loss = log(sum) - temperature * own
    let slope = temperature * (mean - own)
    losses.total += count * weight * loss
    losses.slope += count * weight * slope
    losses.curvature += count * weight * (slope + temperature * temperature * (second / sum - mean * mean))
    return weight * loss
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
