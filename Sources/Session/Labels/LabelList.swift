import Model
import Numerics
import System

/// A classifier's labels at one moment, with their embeddings. It never changes, so that threads go on scoring with it
/// while the classifier gets other labels.
public final class LabelList: Sendable {
  public let labels: TextList
  /// 1 for a classifier's first list, one more for each that takes its place.
  public let generation: Int64
  public let embeddingSize: Int
  let set: LabelSet
  private let templates: Int

  init(_ set: LabelSet, templates: Int, embeddingSize: Int, generation: Int64) {
    self.set = set
    labels = set.labels
    self.generation = generation
    self.embeddingSize = embeddingSize
    self.templates = templates
  }

  public var count: Int { labels.count }

  /// Writes the probabilities [videos, labels] of video embeddings [videos, E].
  public func score(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, scale: Float, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try Similarity.probabilities(
      videos, videoCount, set.texts.pointer, templates: templates, classes: count, size: embeddingSize,
      scale: scale, to: out)
  }
}

/// Labels and the embeddings that were made of them in every template, which never change.
final class LabelSet: Sendable {
  let labels: TextList
  /// [templates, labels, E]
  let texts: FloatBuffer
  /// Finds a label's number.
  let places: TextIndex

  var count: Int { labels.count }

  init(_ labels: TextList, texts: FloatBuffer) throws(Failure) {
    self.labels = labels
    self.texts = texts
    places = try TextIndex(labels)
  }
}
