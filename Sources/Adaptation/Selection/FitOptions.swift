import System

/// Choices for a fit. Nil leaves a number to the fit, which needs none of them.
public struct FitOptions: Sendable, Equatable {
  public var method = FitMethod.automatic
  /// The factor of the words' logit, scale · cosine, in a mixture.
  public var textWeight: Double?
  /// The factor of the score by clips in a mixture.
  public var clipWeight: Double?
  /// The number that is added to the logit of each label with examples.
  public var offset: Double?
  /// The strength of ridge regression's penalty.
  public var ridge: Double?
  /// The strength with which softmax regression is held to the texts; nil: 1.
  public var anchor: Double?
  /// The share of clips, left out, that the threshold for "none of these" accepts.
  public var acceptRate = 0.95

  public init() {}

  /// The factors that may be given. The limits are far beyond use, and keep logits in fp32's range.
  public static let weightRange = 0...1e6
  /// The offsets that may be given.
  public static let offsetRange = -1e6...1e6
  /// The penalties that may be given: with less, clips that look alike make the equations singular.
  public static let ridgeRange = 1e-6...1e6
  /// The strengths of the hold to the texts that may be given.
  public static let anchorRange = 1e-6...1e6

  /// The strengths that leave-one-clip-out chooses from, ascending.
  static let ridges: [Double] = [0.01, 0.03, 0.1, 0.3, 1, 3, 10, 30, 100, 300]

  func mixture(_ fit: MixtureFit) throws(Failure) -> MixtureWeights {
    try fit.weights(text: textWeight, clips: clipWeight, offset: offset)
  }
}
