import Model
import Numerics
import System

/// The numbers of a batch's clips and texts that training does not change, from a cache where they are there, else
/// computed.
final class FrozenInputs {
  private let model: TrainableModel
  private let pixels: FloatBuffer  // of one clip
  private let frozen: FloatBuffer  // of one clip, where its frames are trained
  private let clips, texts: ActivationCache?

  /// Without caches everything is computed in each step.
  init(
    _ model: TrainableModel, clips: ActivationCache? = nil, texts: ActivationCache? = nil
  ) throws(Failure) {
    (self.model, self.clips, self.texts) = (model, clips, texts)
    let (count, overflow) = model.model.pixelsPerFrame.multipliedReportingOverflow(
      by: model.model.configuration.frames)
    guard !overflow else { throw .outOfMemory(bytes: Int.max) }
    pixels = try FloatBuffer(count: count)
    frozen = try FloatBuffer(count: model.trainsFrames ? model.frozenNumbers : 0)
  }

  /// Bytes that it takes besides the caches.
  static func memory(_ model: TrainableModel) -> Int {
    4 * model.model.pixelsPerFrame * model.model.configuration.frames
      + (model.trainsFrames ? 4 * model.frozenNumbers : 0)
  }

  /// A clip's input of `TrainableModel.forward`, valid until the next call.
  func input(_ clip: Int, of batch: some TrainingBatch) throws(Failure) -> UnsafePointer<Float> {
    guard model.frozenNumbers > 0 else {
      try writePixels(clip, of: batch)
      return pixels.pointer
    }
    try write(clip, of: batch, to: frozen.base)
    return frozen.pointer
  }

  /// Writes the numbers of a clip that training does not change to `out` [frozenNumbers].
  func write(
    _ clip: Int, of batch: some TrainingBatch, to out: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let view = clips == nil ? nil : batch.view(of: clip)
    if let view, clips?.read(view, to: out) == true { return }
    try writePixels(clip, of: batch)
    try model.writeFrozen(pixels.base, to: out)
    if let view { clips?.write(view, from: out) }
  }

  private func writePixels(_ clip: Int, of batch: some TrainingBatch) throws(Failure) {
    try batch.write(clip: clip, to: pixels.base)
    guard pixels.isFinite else { throw Failure(.notFinite, "the pixels hold NaN or infinity") }
  }

  /// Writes the embeddings of a batch's texts [texts, E].
  func writeTexts(of batch: some TrainingBatch, to out: FloatBuffer) throws(Failure) {
    let (model, size) = (model.model, model.model.configuration.embeddingSize)
    guard let texts, (0..<batch.textCount).allSatisfy({ batch.text(of: $0) != nil }) else {
      return try model.encode(tokens: batch.tokens, rows: batch.textCount, to: out.base)
    }
    let length = model.configuration.contextLength
    for row in 0..<batch.textCount {
      guard let text = batch.text(of: row), !texts.read(text, to: out.base + row * size) else { continue }
      try model.encode(tokens: batch.tokens + row * length, rows: 1, to: out.base + row * size)
      texts.write(text, from: out.base + row * size)
    }
    extendLifetime(out)
  }
}
