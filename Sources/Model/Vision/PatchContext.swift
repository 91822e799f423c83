import Numerics
import System
import TensorNames

/// A video's context in X-CLIP, by which its prompts move texts (VideoX X-CLIP/models/xclip.py): the patch tokens of
/// its frames after the last block, normalised and projected as embeddings are, their mean over time. [g², E] A class,
/// since the encoder that holds it lies on stacks that hosts keep small.
final class PatchContext: Sendable {
  let norm: LayerNorm
  let projection: Linear  // [E, W]

  /// Nil where the model has no such prompts.
  init?(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    guard c.promptLayers > 0 else { return nil }
    norm = try reader.layerNorm(TensorNames.VideoPrompts.patchNorm, c.visionWidth, c.epsilon)
    projection = try reader.projection(
      TensorNames.VideoPrompts.patchProjection, c.visionWidth, c.embeddingSize)
  }

  /// Writes the contexts of whole videos to out [videos, g², E], from x, whose every frame has `tokens` rows: the class
  /// token, the patches, and others that are passed over. x is used up. Projecting a mean gives the mean of projections,
  /// in a T-th of the work.
  @inline(never)
  func write(
    of x: UnsafeMutablePointer<Float>, tokens: Int, patches: Int, frames: Int, videos: Int,
    to out: UnsafeMutablePointer<Float>, _ pool: ThreadPool
  ) {
    let (width, frameStride) = (norm.width, tokens * norm.width)
    norm.apply(rows: videos * frames * tokens, x, stride: width, to: x, stride: width, pool: pool)
    let share = 1 / Float(frames)
    pool.run(count: videos * patches) { index, _ in
      let (video, patch) = (index / patches, index % patches)
      let sum = x + video * frames * frameStride + (1 + patch) * width
      for t in 1..<max(frames, 1) {
        let row = sum + t * frameStride
        for i in 0..<width { sum[i] += row[i] }
      }
      for i in 0..<width { sum[i] *= share }
    }
    for video in 0..<videos {
      projection.apply(
        rows: patches, x + video * frames * frameStride + width, stride: width,
        to: out + video * patches * projection.outputs, stride: projection.outputs, pool: pool)
    }
  }
}
