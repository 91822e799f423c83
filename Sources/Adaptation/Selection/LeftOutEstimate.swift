import Glibc
import Numerics
import System

/// How well a candidate does on clips that were left out, with the factor on its logits that makes its probabilities
/// calibrated. Clips whose label has no other clip are not counted, except where their label is left out too.
final class LeftOutEstimate: @unchecked Sendable {
  // Unchecked: nothing writes to the estimate after `init`.

  /// Logits with the row's clip left out.
  let clipLogits: LeftOutLogits
  /// Logits with all clips of the row's label left out; nil where all labels have examples.
  let labelLogits: LeftOutLogits?
  /// The factor on logits with the largest log-likelihood of clips that were left out, held by a prior near 1.
  private(set) var temperature = 1.0
  /// Clips whose label has another clip.
  private(set) var clips = 0.0
  /// The counted clips whose label is the best one, and those whose label is among the best five.
  private(set) var right = 0.0, amongFive = 0.0
  /// Clips whose label is the best one when all clips of their label are left out.
  private(set) var rightByWords = 0.0
  /// Each row's -log p(label), times the row's weight, with the clip left out; 0 where its label has no other. [n]
  private(set) var losses = GrowingArray<Double>()
  /// The mean of -log p(label) over clips that are counted; 0 if there are none.
  private(set) var clipLoss = 0.0

  /// The precision of the prior on the logarithm of the temperature.
  private static let precision = 4.0

  init(_ candidate: Candidate, _ rows: OrderedRows, _ texts: TextCosines, pool: ThreadPool?) throws(Failure) {
    clipLogits = try LeftOutLogits(candidate.clipLeftOut, rows, texts, pool: pool)
    let hasWords = texts.labelCount > rows.labelCount
    labelLogits = hasWords ? try LeftOutLogits(candidate.labelLeftOut, rows, texts, pool: pool) : nil
    for row in 0..<rows.count {
      let weight = rows.weights[row]
      if let labelLogits, labelLogits.better[row] == 0 { rightByWords += weight }
      guard rows.hasSiblings(row) else { continue }
      clips += weight
      if clipLogits.better[row] == 0 { right += weight }
      if clipLogits.better[row] < 5 { amongFive += weight }
    }
    var calibration = try Calibration(clipLogits, rows, pool: pool)
    temperature = try calibration.temperature(precision: LeftOutEstimate.precision)
    losses = try calibration.losses(temperature: temperature)
    var sum = 0.0
    for row in 0..<rows.count { sum += losses[row] }
    clipLoss = clips > 0 ? sum / clips : 0
  }

  /// Whether the loss of clips is smaller than another's by more than the standard error of the difference, taken over
  /// clips.
  func isClearlyBelow(_ other: LeftOutEstimate, _ rows: OrderedRows) -> Bool {
    var spread = Spread()
    for clip in 0..<rows.clipCount {
      var difference = 0.0
      for row in rows.clipRows(clip) { difference += other.losses[row] - losses[row] }
      spread.add(difference, weight: 1)
    }
    guard let mean = spread.mean, let deviation = spread.deviation else { return false }
    return mean > deviation / Double(rows.clipCount).squareRoot()
  }
}
