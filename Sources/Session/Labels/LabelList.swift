import Adaptation
import Model
import Numerics
import System

/// The labels of a classifier at one moment, with their embeddings. A list never changes, so threads may score with it
/// while the classifier gets other labels.
public final class LabelList: Sendable {
  public let labels: TextList
  /// The number of the list: 1 for a classifier's first one, one more for each later one.
  public let generation: Int64
  public let embeddingSize: Int
  /// Floats of a video's row that is scored.
  public let videoSize: Int
  /// The rule by which words score.
  let scoring: ScoringRule
  let set: LabelSet
  /// The classifier that examples were fitted to; nil: words alone score.
  let fit: AdaptedClassifier?
  /// Embeddings of each label.
  let templates: Int
  /// The weights of templates in a score; nil: equal weights.
  let weights: TemplateWeights?

  init(_ set: LabelSet, _ encoding: LabelEncoding, fit: AdaptedClassifier? = nil, generation: Int64) {
    self.set = set
    self.fit = fit
    labels = set.labels
    self.generation = generation
    let model = encoding.loaded.model
    (embeddingSize, videoSize) = (model.configuration.embeddingSize, model.videoSize)
    scoring = model.scoring
    templates = encoding.rows
    weights = encoding.rowWeights
  }

  public var count: Int { labels.count }

  /// Scores videos' rows [videos, videoSize]: writes probabilities [videos, labels]. Each row sums to 1, but not where
  /// words score each label by itself. A scale of 0 is the usual one: of a fit the one that it is calibrated at.
  public func score(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, scale: Float, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    if let fit, !fit.usesWordsAlone {
      return try withEmbeddings(of: videos, videoCount) { (videos) throws(Failure) in
        try Similarity.whole(videoCount * count, to: out) { (probabilities) throws(Failure) in
          try fit.probabilities(
            videos, videoCount, scale: scale == 0 ? ScoringRule.referenceScale : scale, to: probabilities)
        }
      }
    }
    try scoring.probabilities(
      videos, videoCount, set.texts.pointer, templates: templates, classes: count, scale: scale,
      weights: weights, to: out)
  }

  /// Calls `body` with the embeddings alone of videos' rows, [videos, E], which must be finite.
  func withEmbeddings(
    of videos: UnsafePointer<Float>, _ count: Int,
    _ body: (UnsafePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    guard videoSize > embeddingSize else {
      try Similarity.check(videos, count, embeddingSize, "video")
      return try body(videos)
    }
    let embeddings = try FloatBuffer(count: product([count, embeddingSize], "videos"))
    for video in 0..<count {
      (embeddings.base + video * embeddingSize).update(
        from: videos + video * videoSize, count: embeddingSize)
    }
    try Similarity.check(embeddings.base, count, embeddingSize, "video")
    try body(embeddings.pointer)
    extendLifetime(embeddings)
  }
}

/// Labels with their embeddings in every template, which never change.
final class LabelSet: Sendable {
  let labels: TextList
  /// The embeddings, [templates, labels, E]; of described labels [1, labels, E].
  let texts: FloatBuffer
  private let index: TextIndex

  var count: Int { labels.count }

  init(_ labels: TextList, texts: FloatBuffer) throws(Failure) {
    self.labels = labels
    self.texts = texts
    index = try TextIndex(labels)
  }

  /// The index of a label; nil if the set does not have it.
  func column(of label: UnsafeBufferPointer<UInt8>) -> Int? { index.find(label, in: labels) }
}
