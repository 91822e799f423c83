import Model
import Numerics
import System
import TensorNames

/// Gradients of a batch in two passes (GradCache, Gao et al. 2021, arXiv 2101.06983): all embeddings first, without
/// keeping activations; then the loss and its gradient; then clip by clip forward again and back. So a batch of any size
/// takes the memory of one clip.
public final class GradientPasses {
  private let model: TrainableModel
  private let pixels: FloatBuffer  // of one clip
  private let logScale: TrainableParameter?

  public init(_ model: TrainableModel) throws(Failure) {
    self.model = model
    let (count, overflow) = model.model.pixelsPerFrame.multipliedReportingOverflow(
      by: model.model.configuration.frames)
    guard !overflow else { throw .outOfMemory(bytes: Int.max) }
    pixels = try FloatBuffer(count: count)
    logScale = model.parameter(TensorNames.logitScale)
  }

  private var size: Int { model.model.configuration.embeddingSize }

  /// Bytes that a batch of so many clips and texts takes at most, besides the working memory of encoders: token ids,
  /// a clip's pixels, embeddings and the loss.
  static func memory(_ model: TrainableModel, _ loss: TrainingLoss, clips: Int, texts: Int) -> Int {
    let c = model.model.configuration
    let frames = model.trainsFrames ? 0 : clips * model.model.frameRowsPerVideo
    return 4 * texts * c.contextLength + 4 * c.frames * model.model.pixelsPerFrame
      + 4 * (clips + texts + frames) * c.embeddingSize
      + BatchLoss.memory(loss, clips: clips, texts: texts, size: c.embeddingSize)
  }

  /// The logarithm of the scale of cosines.
  private func logarithm() throws(Failure) -> Double {
    if let logScale { return Double(logScale.value[0]) }
    let own = model.model.parameters.first { $0.name == TensorNames.logitScale }
    return try own.map { (parameter) throws(Failure) in Double(try parameter.values()[0]) }
      ?? GradientPasses.usualLogScale
  }

  /// CLIP's scale is at most 100, which a model without one has.
  private static let usualLogScale = 4.605170185988092

  /// The embeddings of a batch, not normalised: [B, E] and [texts, E]. Where only the temporal head is trained, those of
  /// the frames are kept too, [B, frame rows, E], so that no frame is encoded twice.
  public struct Embeddings {
    public let videos, texts: FloatBuffer
    let frames: FloatBuffer?
  }

  public func embeddings(_ batch: some TrainingBatch) throws(Failure) -> Embeddings {
    let count = batch.labels.count
    let (videos, texts) = (
      try FloatBuffer(count: count * size), try FloatBuffer(count: batch.textCount * size)
    )
    let numbersOfFrames = model.model.frameRowsPerVideo * size
    let frames = model.trainsFrames ? nil : try FloatBuffer(count: count * numbersOfFrames)
    for clip in 0..<count {
      try checkCancelled()
      try batch.write(clip: clip, to: pixels.base)
      do {
        try model.model.encode(
          PixelFrames(pixels.base), videos: 1, videoOut: videos.base + clip * size,
          frameOut: frames.map { $0.base + clip * numbersOfFrames })
      } catch {
        throw error.kind == .notFinite ? error.about(batch.name(of: clip)) : error
      }
    }
    try model.model.encode(tokens: batch.tokens, rows: batch.textCount, to: texts.base)
    return Embeddings(videos: videos, texts: texts, frames: frames)
  }

  /// Sets the model's gradients to those of the batch, and returns its loss.
  public func run(_ batch: some TrainingBatch, _ loss: TrainingLoss) throws(Failure) -> BatchLoss {
    let embeddings = try embeddings(batch)
    let result = try BatchLoss(
      loss, videos: embeddings.videos.base, labels: batch.labels, texts: embeddings.texts.base,
      textCount: batch.textCount, size: size, logScale: try logarithm(),
      pool: model.model.pool)
    guard result.isFinite else {
      throw Failure(.notFinite, "the loss of the batch is not a number")
    }
    model.clearGradients()
    for clip in 0..<(model.trainsVideos ? batch.labels.count : 0) {
      try checkCancelled()
      let gradient = result.videoGradient.base + clip * size
      if let frames = embeddings.frames {
        try model.addHeadGradient(
          frames.base + clip * model.model.frameRowsPerVideo * size, gradient: gradient)
      } else {
        try batch.write(clip: clip, to: pixels.base)
        try model.addVideoGradient(pixels.base, gradient: gradient)
      }
    }
    extendLifetime((embeddings, result))
    try model.addTextGradients(
      tokens: batch.tokens, count: batch.textCount, gradient: result.textGradient.base)
    if let logScale { logScale.gradient.base[0] += Float(result.logScaleGradient) }
    return result
  }
}
