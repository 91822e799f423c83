import Numerics
import System

/// How well a score tells clips of known labels from others, and thresholds for "none of these". Known are the clips that
/// were left out. Clips whose label was removed altogether, with its words, stand for unknown actions. Scores are
/// probabilities as `AdaptedClassifier.probabilities` gives them at a scale of 100. Nothing can be said of unknown actions
/// where there are only two labels, and after softmax regression where every label has examples.
public struct OpenSet: Sendable, Equatable, BitwiseCopyable {
  /// The video's largest probability is the score.
  public let probability: RejectRule
  /// The largest probability less the second largest is the score.
  public let margin: RejectRule

  init(
    _ judged: (candidate: Candidate, estimate: LeftOutEstimate), _ selection: Selection,
    _ options: FitOptions, pool: ThreadPool?
  ) throws(Failure) {
    let (candidate, estimate, rows) = (judged.candidate, judged.estimate, selection.rows)
    let known = estimate.clipLogits
    var unknown = estimate.labelLogits
    // Softmax regression leaves labels out only where some have no examples.
    if unknown == nil, candidate.method != .softmax {
      unknown = try LeftOutLogits(candidate.labelLeftOut, rows, selection.texts, pool: pool)
    }
    try self.init(
      known: known, unknown: unknown, temperature: estimate.temperature, rows, acceptRate: options.acceptRate)
  }

  /// - Parameters:
  ///   - known: logits of rows whose clip is left out; rows of single clips are passed over.
  ///   - unknown: logits of rows whose label is left out; nil where nothing is known of them.
  private init(
    known: LeftOutLogits, unknown: LeftOutLogits?, temperature: Double, _ rows: OrderedRows,
    acceptRate: Double
  ) throws(Failure) {
    let (byProbability, byMargin) = (try RejectScores(rows.count), try RejectScores(rows.count))
    let probabilities = try LeftOutProbabilities(known, temperature: temperature)
    for row in 0..<rows.count where rows.hasSiblings(row) {
      probabilities.fill(row)
      let (first, second) = probabilities.largestTwo
      byProbability.known.add(first, weight: rows.weights[row])
      byMargin.known.add(first - second, weight: rows.weights[row])
    }
    // With two labels one is left, which has a probability of 1 whatever the clip.
    if let unknown, unknown.values.columns > 2 {
      let probabilities = try LeftOutProbabilities(unknown, temperature: temperature)
      for row in 0..<rows.count {
        probabilities.fill(row, excluding: rows.labels[rows.columns[row]])
        let (first, second) = probabilities.largestTwo
        byProbability.unknown.add(first, weight: rows.weights[row])
        byMargin.unknown.add(first - second, weight: rows.weights[row])
      }
    }
    probability = byProbability.rule(acceptRate)
    margin = byMargin.rule(acceptRate)
  }
}
