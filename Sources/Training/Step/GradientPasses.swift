import Model
import Numerics
import System
import TensorNames

/// Gradients of a batch in two passes (GradCache, Gao et al. 2021, arXiv 2101.06983): all embeddings first; then the
/// loss and its gradient; then clip by clip back. Where memory permits, the first pass leaves what the second needs;
/// else it is computed again, so that a batch of any size takes the memory of one clip.
public final class GradientPasses {
  private let model: TrainableModel
  private let inputs: FrozenInputs
  private let tapes: TapeSet?
  private let logScale: TrainableParameter?

  /// Keeps nothing that only saves time.
  public convenience init(_ model: TrainableModel) throws(Failure) {
    try self.init(model, FrozenInputs(model), tapes: nil)
  }

  /// `tapes` are those of a step's first clips; nil: none.
  init(_ model: TrainableModel, _ inputs: FrozenInputs, tapes: TapeSet?) throws(Failure) {
    self.model = model
    self.inputs = inputs
    self.tapes = if let tapes { tapes } else { try model.trainsFrames ? TapeSet(model) : nil }
    logScale = model.parameter(TensorNames.logitScale)
  }

  private var size: Int { model.model.configuration.embeddingSize }

  /// Bytes that a batch of so many clips and texts takes at most, besides the working memory of encoders: token ids,
  /// a clip's pixels and what no training changes of it, embeddings and their gradients, and the loss.
  static func memory(_ model: TrainableModel, _ loss: TrainingLoss, clips: Int, texts: Int) -> Int {
    let c = model.model.configuration
    let frames = (model.trainsVideos ? 2 : 1) * clips * model.model.frameRowsPerVideo
    return 4 * texts * c.contextLength + FrozenInputs.memory(model)
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

  /// The embeddings of a batch, not normalised: [B, E], [texts, E], and those of the frames [B, frame rows, E].
  public struct Embeddings {
    public let videos, texts: FloatBuffer
    let frames: FloatBuffer
  }

  private var frameNumbers: Int { model.model.frameRowsPerVideo * size }

  public func embeddings(_ batch: some TrainingBatch) throws(Failure) -> Embeddings {
    let count = batch.labels.count
    let (videos, texts) = (
      try FloatBuffer(count: count * size), try FloatBuffer(count: batch.textCount * size)
    )
    let frames = try FloatBuffer(count: count * frameNumbers)
    for clip in 0..<count {
      try checkCancelled()
      do {
        let own = frames.base + clip * frameNumbers
        if let tapes {
          try model.forward(inputs.input(clip, of: batch), tapes[clip], to: own)
          tapes.wrote(clip)
        } else {
          try inputs.write(clip, of: batch, to: own)
        }
      } catch {
        throw error.kind == .notFinite ? error.about(batch.name(of: clip)) : error
      }
    }
    try join(frames.base, of: batch, to: videos.base)
    try inputs.writeTexts(of: batch, to: texts)
    return Embeddings(videos: videos, texts: texts, frames: frames)
  }

  /// Joins the frames of all clips at once. Where their numbers overflow, each clip is joined alone to find its name.
  private func join(
    _ frames: UnsafeMutablePointer<Float>, of batch: some TrainingBatch,
    to videos: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let failure: Failure
    do {
      return try model.join(frames, videos: batch.labels.count, seed: batch.seed, to: videos)
    } catch { failure = error }
    guard failure.kind == .notFinite else { throw failure }
    for clip in 0..<batch.labels.count {
      do {
        try model.join(
          frames + clip * frameNumbers, videos: 1, seed: { _ in batch.seed(of: clip) },
          to: videos + clip * size)
      } catch {
        throw error.kind == .notFinite ? error.about(batch.name(of: clip)) : error
      }
    }
    throw failure
  }

  /// Sets the model's gradients to those of the batch, and returns its loss.
  public func run(_ batch: some TrainingBatch, _ loss: TrainingLoss) throws(Failure) -> BatchLoss {
    tapes?.forget()
    let embeddings = try embeddings(batch)
    let result = try BatchLoss(
      loss, videos: embeddings.videos.base, labels: batch.labels, texts: embeddings.texts.base,
      textCount: batch.textCount, size: size, logScale: try logarithm(),
      pool: model.model.pool)
    guard result.isFinite else {
      throw Failure(.notFinite, "the loss of the batch is not a number")
    }
    model.clearGradients()
    if model.trainsVideos {
      let count = batch.labels.count
      let gradients = try FloatBuffer(count: count * frameNumbers)
      try model.addHeadGradients(
        embeddings.frames.base, videos: count, seed: batch.seed, gradients: result.videoGradient.base,
        to: gradients.base)
      if let tapes {
        for clip in 0..<count {
          try goBack(clip, of: batch, tapes, gradient: gradients.base + clip * frameNumbers)
        }
      }
      extendLifetime(gradients)
    }
    extendLifetime((embeddings, result))
    try model.addTextGradients(
      tokens: batch.tokens, count: batch.textCount, gradient: result.textGradient.base)
    if let logScale { logScale.gradient.base[0] += Float(result.logScaleGradient) }
    return result
  }

  /// Adds the image encoder's gradients of one clip, from those of its frames' embeddings.
  private func goBack(
    _ clip: Int, of batch: some TrainingBatch, _ tapes: TapeSet, gradient: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    try checkCancelled()
    var input: UnsafePointer<Float>?
    if !tapes.holds(clip) {
      let again = try FloatBuffer(count: frameNumbers)
      let own = try inputs.input(clip, of: batch)
      try model.forward(own, tapes[clip], to: again.base)
      input = own
      extendLifetime(again)
      tapes.wrote(clip)
    }
    // Where all of the encoder is trained, the patches' gradients need the pixels.
    if model.frozenNumbers == 0, input == nil { input = try inputs.input(clip, of: batch) }
    try model.backward(input, tapes[clip], gradient: gradient)
    tapes.used(clip)
  }
}
