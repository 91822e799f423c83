import System

/// The way in which a model makes probabilities of videos' rows and texts' embeddings. It keeps the model's weights
/// only where videos move the texts.
public struct ScoringRule: Sendable {
  /// Length of an embedding, E.
  private let size: Int
  /// The model, where videos move the texts that they are compared with.
  private let moving: ActionCLIP?
  /// The bias of a sigmoid for each class by itself; nil: classes are scored together, with the softmax.
  private let bias: Float?
  /// Whether a video's length counts in a score.
  private let keepsLengths: Bool
  /// The factor on cosines where a caller gives 0: the reference's, or of sigmoids the one that was trained.
  public let usualScale: Float

  fileprivate init(_ model: ActionCLIP) {
    size = model.configuration.embeddingSize
    moving = model.textsDependOnVideo ? model : nil
    bias = model.logitBias
    keepsLengths = model.configuration.scoresFrames
    usualScale = model.logitBias == nil ? ScoringRule.referenceScale : model.logitScale
  }

  /// The reference's factor on cosines, at which fitted classifiers are calibrated too.
  public static let referenceScale: Float = 100

  /// Whether texts have no embedding apart from a video.
  public var textsDependOnVideo: Bool { moving != nil }

  /// Writes probabilities to out [videos, classes], for videos' rows [videos, videoSize] and texts' embeddings
  /// [templates, classes, E] as they were encoded; see `Similarity.probabilities`. A scale of 0 is the usual one.
  public func probabilities(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>, templates: Int,
    classes: Int, scale: Float, weights: TemplateWeights?, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let scale = scale == 0 ? usualScale : scale
    if let moving {
      return try moving.probabilities(
        videos, videoCount, moving: texts, templates: templates, classes: classes, scale: scale,
        weights: weights, to: out)
    }
    try Similarity.probabilities(
      videos, videoCount, texts, templates: templates, classes: classes, size: size, scale: scale, bias: bias,
      weights: weights, keepsLengths: keepsLengths, to: out)
  }
}

extension ActionCLIP {
  public var scoring: ScoringRule { ScoringRule(self) }
}
