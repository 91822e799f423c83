import Numerics
import System

/// Ways to score labels that have examples.
public enum FitMethod: Int32, Sendable, CaseIterable {
  /// The best of the others by clips that are left out.
  case automatic = 0
  /// The labels' texts alone, as before any example.
  case words = 1
  /// Texts mixed with the mean of each label's clips.
  case prototypes = 2
  /// Texts mixed with ridge regression.
  case ridge = 3
  /// Softmax regression held to the texts.
  case softmax = 4
}

/// A classifier in the making: how it scores, and the logits that the support's rows get when they are left out.
final class Candidate: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  let method: FitMethod
  /// Nil of words alone.
  let mixture: MixtureWeights?
  /// The strength of ridge regression's penalty, if that is the method.
  var ridge: Double? { regression?.fit.ridge }
  /// Ridge regression and its fit, if that is the method.
  let regression: (ridge: Ridge, fit: Ridge.Fit)?
  /// The scores by clips; nil of words alone.
  let scores: ClipScores?
  /// Logits of labels with examples, with the row's clip left out. [n, S]
  let clipLeftOut: DenseMatrix
  /// Logits of labels with examples, with all clips of the row's label left out. [n, S]
  let labelLeftOut: DenseMatrix

  private init(
    _ method: FitMethod, _ fit: MixtureFit, _ mixture: MixtureWeights, scores: ClipScores?,
    regression: (ridge: Ridge, fit: Ridge.Fit)? = nil
  ) throws(Failure) {
    self.method = method
    self.mixture = scores == nil ? nil : mixture
    self.regression = regression
    self.scores = scores
    clipLeftOut = try fit.clipLeftOutLogits(mixture)
    labelLeftOut = try fit.labelLeftOutLogits(mixture)
  }

  /// The texts alone.
  static func words(_ rows: OrderedRows, _ texts: TextCosines) throws(Failure) -> Candidate {
    let nothing = try ClipScores(rows)
    let fit = MixtureFit(rows, texts, nothing, areLogits: true)
    return try Candidate(.words, fit, .words, scores: nil)
  }

  static func prototypes(
    _ rows: OrderedRows, _ texts: TextCosines, _ options: FitOptions, pool: ThreadPool?
  ) throws(Failure) -> Candidate {
    let scores = try ClipScores.prototypes(rows, pool: pool)
    let fit = MixtureFit(rows, texts, scores, leastSpread: 0.1)
    return try Candidate(.prototypes, fit, options.mixture(fit), scores: scores)
  }

  static func ridge(
    _ rows: OrderedRows, _ texts: TextCosines, _ options: FitOptions, pool: ThreadPool?
  ) throws(Failure) -> Candidate {
    let ridge = try Ridge(rows, pool: pool)
    let best =
      if let given = options.ridge { try ridge.fit(given) } else { try ridge.best(of: FitOptions.ridges) }
    let scores = try ridge.scores(best)
    let fit = MixtureFit(rows, texts, scores, leastSpread: 0.02)
    return try Candidate(.ridge, fit, options.mixture(fit), scores: scores, regression: (ridge, best))
  }

  static func softmax(
    _ rows: OrderedRows, _ texts: TextCosines, _ options: FitOptions, pool: ThreadPool?
  ) throws(Failure) -> Candidate {
    let regression = try SoftmaxRegression(rows, texts, anchor: options.anchor ?? 1, pool: pool)
    let scores = try regression.scores()
    let fit = MixtureFit(rows, texts, scores, areLogits: true)
    let mixture = try fit.weights(text: 1, clips: 1, offset: options.offset)
    return try Candidate(.softmax, fit, mixture, scores: scores)
  }
}
