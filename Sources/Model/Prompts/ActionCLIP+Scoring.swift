import Numerics
import System

// Scores of videos and texts by the model: as `Similarity`, with texts that each video moves where the model has prompts
// that videos make (X-CLIP).

extension ActionCLIP {
  /// Whether a video's row holds a context that moves texts, so that texts have no embedding apart from a video.
  public var textsDependOnVideo: Bool { prompts != nil }
  /// Floats of a video's row: its embedding, and its context where texts depend on it.
  public var videoSize: Int { configuration.videoSize }

  /// Writes scale · cosine to out [videos, texts], for videos' rows [videos, videoSize] and texts' embeddings
  /// [texts, E] as they were encoded.
  public func similarity(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>, _ textCount: Int,
    scale: Float, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let size = configuration.embeddingSize
    guard let prompts else {
      return try Similarity.logits(
        videos, videoCount, texts, textCount, size: size, scale: scale, to: out)
    }
    try Similarity.whole(videoCount * textCount, to: out) { (logits) throws(Failure) in
      try forEach(videos, videoCount, texts, textCount, prompts) { (video, row, moved) throws(Failure) in
        try Similarity.logits(
          row, 1, moved, textCount, size: size, scale: scale, to: logits + video * textCount)
      }
    }
  }

  /// Writes probabilities to out [videos, classes] for texts' embeddings [templates, classes, E] that each video moves.
  func probabilities(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, moving texts: UnsafePointer<Float>, templates: Int,
    classes: Int, scale: Float, weights: TemplateWeights?, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    guard let prompts else { throw Failure(.internal, "the model's videos move no texts") }
    try Similarity.whole(videoCount * classes, to: out) { (rows) throws(Failure) in
      try forEach(videos, videoCount, texts, templates * classes, prompts) {
        (video, row, moved) throws(Failure) in
        try Similarity.probabilities(
          row, 1, moved, templates: templates, classes: classes, size: configuration.embeddingSize,
          scale: scale, weights: weights, to: rows + video * classes)
      }
    }
  }

  /// Calls `body` with each video's row, and the texts as it moves them.
  private func forEach(
    _ videos: UnsafePointer<Float>, _ videoCount: Int, _ texts: UnsafePointer<Float>, _ textCount: Int,
    _ prompts: VideoPrompts,
    _ body: (_ video: Int, _ row: UnsafePointer<Float>, _ moved: UnsafePointer<Float>) throws(Failure) -> Void
  ) throws(Failure) {
    try Similarity.check(videos, videoCount, videoSize, "video")
    try Similarity.check(texts, textCount, configuration.embeddingSize, "text")
    try workspaces.with { (workspace) throws(Failure) in
      try prompts.buffers(workspace, texts: textCount, threads: threads)
    } run: { (buffers) throws(Failure) in
      for video in 0..<videoCount {
        let row = videos + video * videoSize
        try prompts.move(
          texts, count: textCount, by: row + configuration.embeddingSize, buffers, pool)
        guard allFinite(buffers.moved, count: textCount * configuration.embeddingSize) else {
          throw Failure(.notFinite, "video \(video): the texts that it moves overflow fp32")
        }
        try body(video, row, buffers.moved)
      }
    }
  }
}
