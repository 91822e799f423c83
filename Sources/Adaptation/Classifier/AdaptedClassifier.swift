import Glibc
import Numerics
import System

/// A linear classifier of video embeddings that a fit made: a video x of unit length has the logits
/// weights · x + offsets. It never changes, and any number of threads may score with it.
public final class AdaptedClassifier: @unchecked Sendable {
  // Unchecked: nothing writes to the arrays after `init`.

  /// [C, E], in units in which the softmax's probabilities are calibrated.
  public let weights: FloatBuffer
  /// [C]
  public let offsets: FloatBuffer
  public let labelCount: Int
  public let embeddingSize: Int
  public let method: FitMethod
  /// How the logit of a label with examples is made; nil of words alone.
  public let mixture: MixtureWeights?
  /// The strength of ridge regression's penalty, if that is the method.
  public let ridge: Double?
  /// The factor on the logits that made the probabilities calibrated.
  public let temperature: Double
  /// How to tell videos of none of the labels, and of several.
  public let rules: DecisionRules
  /// The findings of the fit about clips that were left out; nil of a classifier that was made from saved numbers.
  public let report: FitReport?

  /// A text embedding of unit length for each label. [C, E]
  private let texts: DenseMatrix
  let scale: Double
  /// The score by clips, and the sums that it is made of; nil of words alone.
  let clips: ClipSums?

  /// Whether the reject threshold holds for a label: it was found on clips of the labels with examples. Words alone treat
  /// all labels alike.
  public func hasThreshold(_ label: Int) -> Bool {
    guard let clips else { return true }
    return clips.labels.view.contains(label)
  }

  /// Whether the words alone won. The caller then scores as it did before the fit.
  public var usesWordsAlone: Bool { method == .words }

  /// Fits a classifier to labelled clips. The result has the same bits for any number of threads and any order of the
  /// clips.
  /// - Parameters:
  ///   - texts: A text embedding of unit length for each label, the mean over templates. [C, E]
  ///   - scale: The factor with which the model was trained to turn cosines into logits.
  public static func fit(
    _ support: Support, texts: FloatBuffer, labelCount: Int, scale: Double,
    _ options: FitOptions = FitOptions(),
    pool: ThreadPool? = nil
  ) throws(Failure) -> AdaptedClassifier {
    let size = support.embeddingSize
    let matrix = try DenseMatrix(rows: labelCount, columns: size, floats: texts.pointer, stride: size)
    extendLifetime(texts)
    let selection = try Selection(support, texts: matrix, scale: scale, options, pool: pool)
    let independent = try IndependentFit(selection.chosen, selection.rows, pool: pool)
    let report = try FitReport(selection, options, independent, pool: pool)
    let rules = try DecisionRules(report.openSet, independent)
    return try AdaptedClassifier(selection, matrix, scale: scale, rules, report)
  }

  private convenience init(
    _ selection: Selection, _ texts: DenseMatrix, scale: Double, _ rules: DecisionRules, _ report: FitReport
  ) throws(Failure) {
    let (candidate, estimate) = (selection.chosen.candidate, selection.chosen.estimate)
    try self.init(
      method: candidate.method, mixture: candidate.mixture, ridge: candidate.ridge,
      temperature: estimate.temperature, texts: texts, scale: scale,
      clips: ClipSums(candidate, selection.rows), rules: rules, report: report)
  }

  /// - Parameter clips: what the score by clips is made of; nil of words alone.
  init(
    method: FitMethod, mixture: MixtureWeights?, ridge: Double?, temperature: Double, texts: DenseMatrix,
    scale: Double, clips: ClipSums?, rules: DecisionRules, report: FitReport? = nil
  ) throws(Failure) {
    (self.method, self.mixture, self.ridge, self.temperature) = (method, mixture, ridge, temperature)
    (self.texts, self.scale, self.clips) = (texts, scale, clips)
    (self.rules, self.report) = (rules, report)
    (labelCount, embeddingSize) = (texts.rows, texts.columns)
    weights = try FloatBuffer(count: labelCount * embeddingSize)
    offsets = try FloatBuffer(count: labelCount)
    for label in 0..<labelCount {
      let (from, to) = (texts.row(label), weights.base + label * embeddingSize)
      for i in 0..<embeddingSize { to[i] = Float(temperature * scale * from[i]) }
    }
    guard let clips, let mixture else { return }
    for column in 0..<clips.labels.count {
      let label = clips.labels[column]
      let (text, score) = (texts.row(label), clips.weights.row(column))
      let to = weights.base + label * embeddingSize
      for i in 0..<embeddingSize {
        to[i] = Float(temperature * (mixture.text * scale * text[i] + mixture.clips * score[i]))
      }
      offsets.base[label] = Float(temperature * (mixture.clips * clips.offsets[column] + mixture.offset))
    }
  }

  /// The classifier with one more clip of one view, whose embedding has unit length, as a rank-one update: the mixture,
  /// the ridge and the temperature stay, and so do the rules and the report. Nil where only another fit can
  /// take a clip in, after words alone and softmax regression.
  public func adding(
    row: UnsafePointer<Float>, label: Int
  ) throws(Failure) -> AdaptedClassifier? {
    precondition(label >= 0 && label < labelCount)
    guard let clips, let next = try clips.adding(row, label: label, ridge: ridge) else { return nil }
    return try AdaptedClassifier(
      method: method, mixture: mixture, ridge: ridge, temperature: temperature, texts: texts, scale: scale,
      clips: next, rules: rules, report: report)
  }

  /// Writes the logits of a video embedding, which need not have unit length, to out [C].
  func logits(_ video: UnsafePointer<Float>, to out: UnsafeMutablePointer<Double>) {
    var square = 0.0
    for i in 0..<embeddingSize { square += Double(video[i]) * Double(video[i]) }
    let factor = square > 0 ? 1 / square.squareRoot() : 0
    for label in 0..<labelCount {
      let row = weights.base + label * embeddingSize
      var sum = 0.0
      for i in 0..<embeddingSize { sum += Double(video[i]) * Double(row[i]) }
      out[label] = factor * sum + Double(offsets.base[label])
    }
    extendLifetime(self)
  }

  /// Writes probabilities [videos, C] of video embeddings [videos, E]: the softmax of scale / 100 · logits, which is
  /// calibrated at a scale of 100. Rows sum to 1.
  public func probabilities(
    _ videos: UnsafePointer<Float>, _ count: Int, scale: Float, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let logits = try GrowingArray<Double>(uninitialized: labelCount)
    let factor = Double(scale) / 100
    for video in 0..<count {
      try checkCancelled()
      self.logits(videos + video * embeddingSize, to: logits.base)
      for label in 0..<labelCount { logits.base[label] *= factor }
      softmax(logits.base, labelCount)
      for label in 0..<labelCount { out[video * labelCount + label] = Float(logits.base[label]) }
    }
  }

  /// Writes independent probabilities [videos, C] of video embeddings [videos, E], for videos that may show several labels
  /// or none: sigmoid(slope · logit + intercept). A video shows the labels whose threshold in `rules` they reach.
  public func independentProbabilities(
    _ videos: UnsafePointer<Float>, _ count: Int, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let logits = try GrowingArray<Double>(uninitialized: labelCount)
    for video in 0..<count {
      try checkCancelled()
      self.logits(videos + video * embeddingSize, to: logits.base)
      for label in 0..<labelCount {
        let power = exp(-(rules.slope * logits.base[label] + rules.intercept))
        out[video * labelCount + label] = Float(1 / (1 + power))
      }
    }
  }
}
