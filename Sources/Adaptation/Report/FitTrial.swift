/// A method that a fit tried, with what it gave on clips that were left out.
public struct FitTrial: Sendable, Equatable {
  public let method: FitMethod
  /// The mean of -log p(label) over clips that were left out, in nats, at the trial's temperature; 0 where no label has
  /// two clips.
  public let loss: Double
  /// Clips that were left out, and whose label is the best one.
  public let right: Share
  /// Clips that were left out, and whose label is among the best five.
  public let amongFive: Share
  /// Clips whose label is the best one when all clips of their label are left out, so that it has its words alone: they
  /// stand for labels without examples. Of 0 clips where every label has examples.
  public let rightByWords: Share
  /// The factor on the logits that made the probabilities calibrated.
  public let temperature: Double
  /// How the logit of a label with examples is made; nil of words alone.
  public let mixture: MixtureWeights?
  /// The strength of ridge regression's penalty, if that is the method.
  public let ridge: Double?

  init(_ candidate: Candidate, _ estimate: LeftOutEstimate, clips: Int) {
    method = candidate.method
    loss = estimate.clipLoss
    right = Share(hits: estimate.right, of: estimate.clips)
    amongFive = Share(hits: estimate.amongFive, of: estimate.clips)
    rightByWords = Share(hits: estimate.rightByWords, of: estimate.labelLogits == nil ? 0 : Double(clips))
    temperature = estimate.temperature
    mixture = candidate.mixture
    ridge = candidate.ridge
  }
}

extension FitMethod {
  /// The method's name for people.
  var name: String {
    switch self {
    case .automatic: "automatic"
    case .words: "words alone"
    case .prototypes: "prototypes"
    case .ridge: "ridge"
    case .softmax: "softmax"
    }
  }
}
