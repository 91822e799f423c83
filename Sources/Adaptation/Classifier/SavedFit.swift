import Numerics
import System

/// The numbers of a fit, as a file keeps them: with the labels' texts they are enough to score, and after prototypes and
/// ridge regression to take in another clip. No clip's embedding is among them, but the sum of a single clip is that clip.
public struct SavedFit: ~Copyable {
  public var method = FitMethod.words
  /// Nil of words alone.
  public var mixture: MixtureWeights?
  /// The strength of ridge regression's penalty; nil of other methods.
  public var ridge: Double?
  public var temperature = 1.0
  /// The factor with which the model was trained to turn cosines into logits.
  public var scale = 100.0
  /// The labels with examples. [S]
  public var labels = GrowingArray<Int>()
  /// The score by clips: weights, a row for each label. [S, E]
  public var weights = GrowingArray<Double>()
  /// The numbers that are added to the scores by clips. [S]
  public var offsets = GrowingArray<Double>()
  /// After prototypes: sums of clips [S, E]. After ridge regression: the lower triangle of a Cholesky factor of order
  /// E + 1, row by row. Else empty.
  public var sums = GrowingArray<Double>()
  /// The numbers of `DecisionRules`: the threshold and the margin below which a video shows none of the labels, the slope
  /// and the intercept of independent probabilities, and a threshold for each label. [4 + C]
  public var rules = GrowingArray<Double>()

  public init() {}

  /// The number of elements that `sums` has.
  public static func sumCount(_ method: FitMethod, labels: Int, embeddingSize: Int) -> Int {
    switch method {
    case .prototypes: labels * embeddingSize
    case .ridge: (embeddingSize + 1) * (embeddingSize + 2) / 2
    default: 0
    }
  }

  /// The number of elements that `rules` has.
  public static func ruleCount(labels: Int) -> Int { 4 + labels }

  /// Throws unless the numbers fit a classifier of this many labels and are finite.
  func check(labelCount: Int, embeddingSize: Int) throws(Failure) {
    let count = labels.count
    guard method != .automatic, (method == .words) == (count == 0), (method == .words) == (mixture == nil)
    else {
      throw .invalid("a fit by \(method) with \(count) labels")
    }
    guard count <= labelCount, weights.count == count * embeddingSize, offsets.count == count,
      sums.count == SavedFit.sumCount(method, labels: count, embeddingSize: embeddingSize)
    else { throw .invalid("the numbers of a fit do not match its \(count) labels and its method") }
    var isTaken = try GrowingArray<Bool>(repeating: false, count: labelCount)
    for label in labels.view {
      guard (0..<labelCount).contains(label), !isTaken[label] else {
        throw .invalid("label \(label) of a fit is out of range or named twice")
      }
      isTaken[label] = true
    }
    let limit = 1e12  // a product of three is in fp32's range
    func isFit(_ number: Double) -> Bool { abs(number) < limit }
    let mixture = mixture ?? .words
    guard temperature > 0, scale > 0,
      [temperature, scale, mixture.text, mixture.clips, mixture.offset].allSatisfy(isFit),
      weights.view.allSatisfy(isFit), offsets.view.allSatisfy(isFit), sums.view.allSatisfy(isFit)
    else { throw .invalid("a number of a fit is not finite, or too large") }
    if method == .ridge {
      guard let ridge, ridge > 0, isFit(ridge) else {
        throw .invalid("a fit by ridge regression without its ridge")
      }
      for row in 0...embeddingSize where sums[row * (row + 3) / 2] <= 0 {
        throw .invalid("the factor of a fit by ridge regression has no positive diagonal")
      }
    }
  }
}

extension AdaptedClassifier {
  /// The numbers for a file.
  public func saved() throws(Failure) -> SavedFit {
    var saved = SavedFit()
    (saved.method, saved.ridge) = (method, ridge)
    (saved.temperature, saved.scale) = (temperature, scale)
    try rules.append(to: &saved.rules)
    guard let clips else { return saved }
    saved.mixture = mixture
    try clips.save(to: &saved)
    return saved
  }

  /// A classifier from the numbers of a file. Throws where they contradict each other.
  /// - Parameter texts: A text embedding of unit length for each label, the mean over templates. [C, E]
  public convenience init(
    _ saved: borrowing SavedFit, texts: FloatBuffer, labelCount: Int, embeddingSize: Int
  ) throws(Failure) {
    try saved.check(labelCount: labelCount, embeddingSize: embeddingSize)
    guard let rules = try DecisionRules(saved.rules.view, labelCount: labelCount) else {
      throw .invalid("the rules of a fit do not match its \(labelCount) labels, or a number is out of range")
    }
    let matrix = try DenseMatrix(
      rows: labelCount, columns: embeddingSize, floats: texts.pointer, stride: embeddingSize)
    extendLifetime(texts)
    let clips = saved.method == .words ? nil : try ClipSums(saved, embeddingSize: embeddingSize)
    try self.init(
      method: saved.method, mixture: saved.mixture, ridge: saved.ridge, temperature: saved.temperature,
      texts: matrix, scale: saved.scale, clips: clips, rules: rules)
  }
}
