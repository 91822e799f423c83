import Glibc
import Numerics
import System

/// The fit of the three weights of a mixture by the log-likelihood of clips that were left out, once alone and once with
/// all clips of their label:
///
///     sum over clips of log p(label | clip left out) + w · log p(label | label left out)  -  prior
///
/// In the second term the clip's label has nothing but its words, as a label without examples has, so the term holds
/// back what would drown such labels. It counts w = min(3, labels without / labels with examples) times. This number and
/// those of the prior were chosen on clips of the shapes world that no figure is measured on, and are fixed.
///
/// The prior is a normal distribution around half words and half clips, in units in which both have the same spread over
/// wrong labels; with few clips around more words, 1/2 + 0.2 / clips per label. The objective is strictly concave; Newton's method with halved steps finds its maximum.
struct MixtureFit {
  /// The part of the way from the mean score of wrong labels to 1 at which the score of a clip by its own label is
  /// assumed to lie, where the label has no other clip. Measured on the shapes world and fixed.
  static let assumedOwnScore = 0.75
  /// Precisions of the prior on text, clips and offset.
  private static let precision = SIMD3(10.0, 10, 0.1)

  private let rows: OrderedRows
  private let texts: TextCosines
  private let scores: ClipScores
  private let scale: Double
  /// Turns a score by clips into the units of logits by words: slope · score + shift.
  private var slope, shift: Double
  /// A score for a clip by its own label where the label has no other clip.
  private let assumed: Double
  /// How often a clip with its label left out counts.
  private let wordsCount: Double
  /// The centre of the prior on the weight of words; that of clips is the rest to 1.
  private let centre: Double

  /// - Parameter leastSpread: The least that wrong labels' scores are taken to spread, as a part of the way from their mean
  ///   to 1: between two clips there is one score, which does not spread at all.
  /// - Parameter areLogits: the scores are in the units of logits already, and the prior's offset is none.
  init(
    _ rows: OrderedRows, _ texts: TextCosines, _ scores: ClipScores, leastSpread: Double = 0,
    areLogits: Bool = false
  ) {
    (self.rows, self.texts, self.scores, self.scale) = (rows, texts, scores, texts.scale)
    let others = texts.labelCount - rows.labelCount
    let clipsPerLabel = Double(rows.clipCount) / Double(rows.labelCount)
    centre = 0.5 + 0.2 / clipsPerLabel
    wordsCount = min(3, Double(others) / Double(rows.labelCount))
    let (wordMean, wordSpread) = (texts.wrong.mean ?? 0, texts.wrong.deviation ?? 1)
    let wrong = scores.wrong(rows)
    if areLogits {
      (slope, shift, assumed) = (1, 0, 0)
    } else if let mean = wrong.mean, let spread = wrong.deviation {
      slope = scale * wordSpread / max(spread, leastSpread * (1 - mean))
      shift = scale * wordMean - slope * mean
      assumed = mean + MixtureFit.assumedOwnScore * (1 - mean)
    } else {
      // One label has all examples: there is no score of a wrong label. Its own clips take the place of the best words.
      let (own, best) = MixtureFit.ownAndBest(rows, texts, scores)
      slope = scale
      shift = scale * (best - own)
      assumed = own
    }
  }

  /// For a single label with examples: the mean score of its clips, and the mean of the best cosine with any text.
  private static func ownAndBest(
    _ rows: OrderedRows, _ texts: TextCosines, _ scores: ClipScores
  ) -> (own: Double, best: Double) {
    var (own, best) = (Spread(), Spread())
    for row in 0..<rows.count {
      let score = scores.clipLeftOut[row, 0]
      if !score.isNaN { own.add(score, weight: rows.weights[row]) }
      var peak = -1.0
      for label in 0..<texts.labelCount { peak = max(peak, texts.all[row, label]) }
      best.add(peak, weight: rows.weights[row])
    }
    return (own.mean ?? assumedOwnScore, best.mean ?? 0)
  }

  /// The best weights; those that are given stay as they are. In units of scores, not of the prior. The weights of text
  /// and clips that are not given are not negative: clips that are left out score a little lower by their own label than
  /// new clips do, and a negative weight would make use of that.
  func weights(
    text: Double? = nil, clips: Double? = nil, offset: Double? = nil
  ) throws(Failure) -> MixtureWeights {
    let best = try unbounded(text: text, clips: clips, offset: offset)
    if clips == nil, best.clips < 0 { return try weights(text: text, clips: 0, offset: offset) }
    if text == nil, best.text < 0 { return try weights(text: 0, clips: clips, offset: offset) }
    return best
  }

  private func unbounded(
    text: Double?, clips: Double?, offset: Double?
  ) throws(Failure) -> MixtureWeights {
    if offset != nil, shift != 0 {
      var unshifted = self
      unshifted.shift = 0
      return try unshifted.unbounded(text: text, clips: clips, offset: offset)
    }
    let isFree = SIMD3(text == nil ? 1.0 : 0, clips == nil ? 1 : 0, offset == nil ? 1 : 0)
    var point = SIMD3(text ?? centre, clips.map { $0 / slope } ?? 1 - centre, offset ?? 0)
    var current = try objective(at: point)
    for _ in 0..<50 {
      let step = current.newtonStep(isFree)
      let gain = (step * current.gradient).sum()
      guard gain > 1e-10 else { break }
      var length = 1.0
      while length > 1e-6 {
        let next = try objective(at: point + length * step)
        if next.value >= current.value + 1e-4 * length * gain {
          (point, current) = (point + length * step, next)
          break
        }
        length /= 2
      }
      if length <= 1e-6 { break }
    }
    return MixtureWeights(
      text: text ?? point.x, clips: clips ?? point.y * slope, offset: offset ?? point.z + point.y * shift)
  }

  /// A value with its gradient and the negative of its Hessian.
  private struct Objective {
    var value = 0.0
    var gradient = SIMD3<Double>.zero
    var curvature: (SIMD3<Double>, SIMD3<Double>, SIMD3<Double>) = (.zero, .zero, .zero)

    /// Solves curvature · step = gradient for the free weights.
    func newtonStep(_ isFree: SIMD3<Double>) -> SIMD3<Double> {
      var a = [curvature.0, curvature.1, curvature.2]
      var b = gradient * isFree
      for i in 0..<3 where isFree[i] == 0 {
        for j in 0..<3 { (a[i][j], a[j][i]) = (0, 0) }
        a[i][i] = 1
      }
      // Positive definite, so elimination needs no exchange of rows.
      for i in 0..<3 {
        for j in i + 1..<3 where j < 3 {
          let factor = a[j][i] / a[i][i]
          a[j] -= factor * a[i]
          b[j] -= factor * b[i]
        }
      }
      for i in [2, 1, 0] {
        for j in i + 1..<3 where j < 3 { b[i] -= a[i][j] * b[j] }
        b[i] /= a[i][i]
      }
      return b
    }
  }

  private func objective(at point: SIMD3<Double>) throws(Failure) -> Objective {
    var total = Objective()
    let away = point - SIMD3(centre, 1 - centre, 0)
    let p = MixtureFit.precision
    total.value = -0.5 * (p * away * away).sum()
    total.gradient = -p * away
    total.curvature = (SIMD3(p.x, 0, 0), SIMD3(0, p.y, 0), SIMD3(0, 0, p.z))
    for row in 0..<rows.count {
      try checkCancelled()
      let others = texts.logSumsOfOthers[row]
      add(row, others, isLabelLeftOut: false, point, to: &total)
      if wordsCount > 0 { add(row, others, isLabelLeftOut: true, point, to: &total) }
    }
    return total
  }

  /// Adds the log-likelihood of one row.
  private func add(
    _ row: Int, _ others: Double, isLabelLeftOut: Bool, _ point: SIMD3<Double>, to total: inout Objective
  ) {
    let own = rows.columns[row]
    let known = isLabelLeftOut ? scores.labelLeftOut.row(row) : scores.clipLeftOut.row(row)
    let cosines = texts.all.row(row)
    func feature(_ column: Int) -> SIMD3<Double> {
      if isLabelLeftOut, column == own { return .zero }
      let score = known[column].isNaN ? assumed : known[column]
      return SIMD3(scale * cosines[rows.labels[column]], slope * score + shift, 1)
    }
    func logit(_ column: Int, _ feature: SIMD3<Double>) -> Double {
      isLabelLeftOut && column == own ? scale * cosines[rows.labels[own]] : (point * feature).sum()
    }
    var peak = others
    for column in 0..<rows.labelCount { peak = max(peak, logit(column, feature(column))) }
    var sum = exp(others - peak)
    var mean = SIMD3<Double>.zero
    var second = (SIMD3<Double>.zero, SIMD3<Double>.zero, SIMD3<Double>.zero)
    for column in 0..<rows.labelCount {
      let f = feature(column)
      let share = exp(logit(column, f) - peak)
      sum += share
      mean += share * f
      second.0 += share * f.x * f
      second.1 += share * f.y * f
      second.2 += share * f.z * f
    }
    mean /= sum
    let ownFeature = feature(own)
    let weight = rows.weights[row] * (isLabelLeftOut ? wordsCount : 1)
    total.value += weight * (logit(own, ownFeature) - peak - log(sum))
    total.gradient += weight * (ownFeature - mean)
    total.curvature.0 += weight * (second.0 / sum - mean.x * mean)
    total.curvature.1 += weight * (second.1 / sum - mean.y * mean)
    total.curvature.2 += weight * (second.2 / sum - mean.z * mean)
  }

  /// The logits of labels with examples for each row, with its clip left out. [n, S]
  func clipLeftOutLogits(_ weights: MixtureWeights) throws(Failure) -> DenseMatrix {
    try logits(scores.clipLeftOut, weights, isLabelLeftOut: false)
  }

  /// The same with all clips of the row's label left out, which then has its words alone. [n, S]
  func labelLeftOutLogits(_ weights: MixtureWeights) throws(Failure) -> DenseMatrix {
    try logits(scores.labelLeftOut, weights, isLabelLeftOut: true)
  }

  private func logits(
    _ known: DenseMatrix, _ weights: MixtureWeights, isLabelLeftOut: Bool
  ) throws(Failure) -> DenseMatrix {
    let logits = try DenseMatrix(rows: rows.count, columns: rows.labelCount)
    for row in 0..<rows.count {
      let (own, cosines, scores, to) = (
        rows.columns[row], texts.all.row(row), known.row(row), logits.row(row)
      )
      for column in 0..<rows.labelCount {
        let word = scale * cosines[rows.labels[column]]
        if isLabelLeftOut, column == own {
          to[column] = word
        } else {
          let score = scores[column].isNaN ? assumed : scores[column]
          to[column] = weights.text * word + weights.clips * score + weights.offset
        }
      }
    }
    return logits
  }
}
