import System

/// Choices for a fit. Nil leaves a number to the fit, which needs none of them.
public struct FitOptions: Sendable, Equatable {
  public var method = FitMethod.automatic
  /// The factor of the words' logit, scale · cosine, in a mixture.
  public var textWeight: Double?
  /// The factor of the score by clips in a mixture.
  public var clipWeight: Double?
  /// What is added to the logit of each label with examples.
  public var offset: Double?
  /// The strength of ridge regression's penalty.
  public var ridge: Double?
  /// The strength with which softmax regression is held to the texts; nil: 1.
  public var anchor: Double?
  /// The share of clips, left out, that the threshold for "none of these" accepts.
  public var acceptRate = 0.95

  public init() {}

  /// The strengths that leave-one-clip-out chooses from, ascending.
  static let ridges: [Double] = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]

  func mixture(_ fit: MixtureFit) throws(Failure) -> MixtureWeights {
    try fit.weights(text: textWeight, clips: clipWeight, offset: offset)
  }
}
