import Model
import Numerics
import System

extension TrainableModel {
  /// Adds the gradients of one video's parameters from that of its embedding, not normalised, [E], by the passes that a
  /// step of training makes. `pixels` is [T, 3, S, S].
  func addVideoGradient(
    _ pixels: UnsafePointer<Float>, seed: UInt64 = 0, gradient: UnsafePointer<Float>
  ) throws(Failure) {
    let size = model.configuration.embeddingSize
    let rows = model.frameRowsPerVideo
    let frozen = try FloatBuffer(count: frozenNumbers)
    if frozen.count > 0 { try writeFrozen(pixels, to: frozen.base) }
    var frames = frozen
    let (gradients, embedding) = (try FloatBuffer(count: rows * size), try FloatBuffer(count: size))
    let tape = trainsFrames ? try self.tape(keepsAll: keepsActivations) : nil
    if let tape {
      frames = try FloatBuffer(count: rows * size)
      try forward(frozen.count > 0 ? frozen.pointer : pixels, tape, to: frames.base)
    }
    try join(frames.base, videos: 1, seed: { _ in seed }, to: embedding.base)
    try addHeadGradients(
      frames.base, videos: 1, seed: { _ in seed }, gradients: gradient, to: gradients.base)
    if let tape { try backward(pixels, tape, gradient: gradients.base) }
    withExtendedLifetime((frozen, frames, gradients, embedding)) {}
  }
}
