/// How words and clips are mixed to the logit of a label with examples:
///
///     logit = text · scale · cosine with the label's text + clips · score by its clips + offset
///
/// A label without examples has the logit scale · cosine.
public struct MixtureWeights: Sendable, Equatable {
  public var text: Double
  public var clips: Double
  public var offset: Double

  public init(text: Double, clips: Double, offset: Double) {
    (self.text, self.clips, self.offset) = (text, clips, offset)
  }

  /// Words alone.
  static let words = MixtureWeights(text: 1, clips: 0, offset: 0)
}
