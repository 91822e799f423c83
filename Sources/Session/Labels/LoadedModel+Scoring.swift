import Model
import Numerics
import System

extension LoadedModel {
  /// Writes probabilities to out [videos, classes] by the model's rule, for videos' rows [videos, videoSize] and texts'
  /// embeddings [templates, classes, E]. Where each frame scores by itself, a class's templates are joined to one text,
  /// as in Open-VCLIP. A scale of 0 is the model's usual one.
  public func probabilities(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>, templates: Int,
    classes: Int, scale: Float, weights: TemplateWeights?, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard configuration.scoresFrames, templates > 1 else {
      return try model.scoring.probabilities(
        videos, videoCount, texts, templates: templates, classes: classes, scale: scale, weights: weights,
        to: out)
    }
    let size = configuration.embeddingSize
    try Similarity.check(texts, templates * classes, size, "text")
    let mean = try UnitMean(labels: classes, size: size)
    mean.add(texts, rows: templates, weights)
    let joined = try labelBuffer(product([classes, size], "texts"))
    mean.write(to: joined.base)
    try model.scoring.probabilities(
      videos, videoCount, joined.pointer, templates: 1, classes: classes, scale: scale, weights: nil, to: out)
    extendLifetime(joined)
  }
}
