import System
import Numerics
import TensorNames

extension VisionTransformer {
  /// The number of frames of a joint model, which has an embedding of time for each.
  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit {
    let name = TensorNames.Vision.timeEmbedding
    return FrameLimit(
      rule: .exactly, frames: try reader.shape(name, rank: 2, for: "joint space-time tokens")[0], tensor: name
    )
  }

  init(_ reader: ParameterReader, _ c: Configuration, blockInfix: String) throws(Failure) {
    configuration = c
    let (width, patch) = (c.visionWidth, c.patchSize)
    patchEmbedding = try reader.linear(
      weight: TensorNames.Vision.patchEmbedding, shape: [width, 3, patch, patch],
      bias: c.isSigLIP ? TensorNames.Vision.patchBias : nil,
      3 * patch * patch, width,
      // Less than a hundredth of the work, and every number comes from it.
      minimum: .bf16)
    classEmbedding = c.isSigLIP ? nil : try reader.tensor(TensorNames.Vision.classEmbedding, [width])
    positionalEmbedding = try reader.tensor(
      TensorNames.Vision.positionalEmbedding, [c.gridSize * c.gridSize + (c.isSigLIP ? 0 : 1), width])
    timeEmbedding =
      c.joint ? try reader.tensor(TensorNames.Vision.timeEmbedding, [c.frames, width]) : nil
    prompts =
      c.visualPrompts > 0
      ? try reader.promptVectors(TensorNames.Vision.prompts, [c.visualPrompts, width]) : nil
    deepPrompts = try DeepPrompts(
      reader, TensorNames.Vision.blocks, blocks: c.visionLayers, count: c.visualPrompts, width: width)
    lnPre = c.hasPreNorm ? try reader.layerNorm(TensorNames.Vision.lnPre, width, c.epsilon) : nil
    blocks = try ResidualBlocks(
      reader, TensorNames.Vision.blocks, infix: blockInfix, count: c.visionLayers, width: width,
      heads: c.visionHeads, causal: false, epsilon: c.epsilon, activation: c.activation.function,
      minimum: .int8)
    messages = try MessageLayer.read(reader, c)
    lnPost = try reader.layerNorm(TensorNames.Vision.lnPost, width, c.epsilon)
    projection =
      try c.isSigLIP ? nil : reader.projection(TensorNames.Vision.projection, width, c.embeddingSize)
    pooling = try c.isSigLIP ? AttentionPooling(reader, c, after: lnPost, hidden: blocks.hidden) : nil
    context = try PatchContext(reader, c)
  }
}
