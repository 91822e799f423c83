import CActionCLIP
import Model
import Session
import System

// Functions that compute scaled cosine similarity, and the reference's evaluation rule.

func checkedScale(_ scale: Float) throws(Failure) -> Float {
  guard scale.isFinite else { throw .argument("scale is \(scale), expected a finite number") }
  return scale
}

@_cdecl("actionclip_similarity") @implementation
public func actionclip_similarity(
  _ videos: UnsafePointer<Float>!, _ video_count: Int, _ texts: UnsafePointer<Float>!,
  _ text_count: Int, _ embedding_size: Int, _ scale: Float,
  _ logits_out: UnsafeMutablePointer<Float>!, _ logits_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let videoCount = try count(video_count, "video_count")
    let textCount = try count(text_count, "text_count")
    let size = try count(embedding_size, "embedding_size")
    _ = try product([videoCount, size, 4], "videos")
    _ = try product([textCount, size, 4], "texts")
    let videos = try required(videos, "videos")
    let texts = try required(texts, "texts")
    let scale = try checkedScale(scale)
    let needed = try product([videoCount, textCount], "logits_out")
    let out = try output(logits_out, capacity: logits_capacity, needed: needed, "logits_out")
    try Similarity.logits(
      videos, videoCount, texts, textCount, size: size, scale: scale, to: out)
  }
}

@_cdecl("actionclip_model_similarity") @implementation
public func actionclip_model_similarity(
  _ model: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int,
  _ texts: UnsafePointer<Float>!,
  _ text_count: Int, _ scale: Float, _ logits_out: UnsafeMutablePointer<Float>!, _ logits_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let model = try Handle.object(model, LoadedModel.self).model
    let videoCount = try count(video_count, "video_count")
    let textCount = try count(text_count, "text_count")
    _ = try product([videoCount, model.videoSize, 4], "videos")
    _ = try product([textCount, model.configuration.embeddingSize, 4], "texts")
    let videos = try required(videos, "videos")
    let texts = try required(texts, "texts")
    let scale = try checkedScale(scale)
    let needed = try product([videoCount, textCount], "logits_out")
    let out = try output(logits_out, capacity: logits_capacity, needed: needed, "logits_out")
    try model.similarity(videos, videoCount, texts, textCount, scale: scale, to: out)
  }
}

@_cdecl("actionclip_probabilities") @implementation
public func actionclip_probabilities(
  _ videos: UnsafePointer<Float>!, _ video_count: Int, _ texts: UnsafePointer<Float>!,
  _ template_count: Int, _ class_count: Int, _ embedding_size: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  actionclip_probabilities_weighted(
    videos, video_count, texts, nil, template_count, class_count, embedding_size, scale, probabilities_out,
    probabilities_capacity)
}

@_cdecl("actionclip_probabilities_weighted") @implementation
public func actionclip_probabilities_weighted(
  _ videos: UnsafePointer<Float>!, _ video_count: Int, _ texts: UnsafePointer<Float>!,
  _ weights: UnsafePointer<Float>!, _ template_count: Int, _ class_count: Int, _ embedding_size: Int,
  _ scale: Float, _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let size = try count(embedding_size, "embedding_size")
    let given = try ScoringArguments(
      videos, video_count, rows: size, texts, template_count, class_count, size: size, scale, weights,
      probabilities_out, probabilities_capacity)
    try Similarity.probabilities(
      given.videos, given.videoCount, given.texts, templates: given.templates, classes: given.classes,
      size: size, scale: given.scale, weights: given.weights, to: given.out)
  }
}

@_cdecl("actionclip_model_probabilities") @implementation
public func actionclip_model_probabilities(
  _ model: OpaquePointer!, _ videos: UnsafePointer<Float>!, _ video_count: Int,
  _ texts: UnsafePointer<Float>!,
  _ weights: UnsafePointer<Float>!, _ template_count: Int, _ class_count: Int, _ scale: Float,
  _ probabilities_out: UnsafeMutablePointer<Float>!, _ probabilities_capacity: Int
) -> Int32 {
  longCall { () throws(Failure) in
    let loaded = try Handle.object(model, LoadedModel.self)
    let given = try ScoringArguments(
      videos, video_count, rows: loaded.model.videoSize, texts, template_count, class_count,
      size: loaded.configuration.embeddingSize, scale, weights, probabilities_out, probabilities_capacity)
    try loaded.probabilities(
      given.videos, given.videoCount, given.texts, templates: given.templates, classes: given.classes,
      scale: given.scale, weights: given.weights, to: given.out)
  }
}

/// The checked arguments of both functions that score videos with templates' texts.
private struct ScoringArguments {
  let videos, texts: UnsafePointer<Float>
  let videoCount, templates, classes: Int
  let scale: Float
  /// Nil: templates count equally.
  let weights: TemplateWeights?
  /// [videos, classes].
  let out: UnsafeMutablePointer<Float>

  /// - Parameters:
  ///   - rows: the numbers of a video's row.
  ///   - size: those of a text's embedding.
  init(
    _ videos: UnsafePointer<Float>?, _ videoCount: Int, rows: Int, _ texts: UnsafePointer<Float>?,
    _ templates: Int, _ classes: Int, size: Int, _ scale: Float, _ weights: UnsafePointer<Float>?,
    _ out: UnsafeMutablePointer<Float>?, _ capacity: Int
  ) throws(Failure) {
    self.videoCount = try count(videoCount, "video_count")
    self.templates = try count(templates, "template_count")
    self.classes = try count(classes, "class_count")
    _ = try product([videoCount, rows, 4], "videos")
    _ = try product([templates, classes, size, 4], "texts")
    self.videos = try required(videos, "videos")
    self.texts = try required(texts, "texts")
    self.scale = try checkedScale(scale)
    self.weights = try weights.map { (weights) throws(Failure) in
      try ActionCLIPABI.weights(weights, templates, "weights")
    }
    let needed = try product([videoCount, classes], "probabilities_out")
    self.out = try output(out, capacity: capacity, needed: needed, "probabilities_out")
  }
}
