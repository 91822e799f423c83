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
    let (width, patch, epsilon) = (c.visionWidth, c.patchSize, c.visionEpsilon ?? c.epsilon)
    let (patchBias, projectionBias) = (TensorNames.Vision.patchBias, TensorNames.Vision.projectionBias)
    stem = try c.stemSide == nil ? nil : PatchStem(reader, c)
    let side = patch / (c.stemSide ?? 1)
    let shape = stem.map { [width, side, side, $0.second.outputs] } ?? [width, 3, patch, patch]
    patchEmbedding = try reader.linear(
      weight: TensorNames.Vision.patchEmbedding, shape: shape,
      bias: c.isSigLIP || reader.has(patchBias) ? patchBias : nil,
      shape[1] * shape[2] * shape[3], width,
      // Less than a hundredth of the work, and every number comes from it.
      minimum: .bf16)
    classEmbedding = c.hasClassToken ? try reader.tensor(TensorNames.Vision.classEmbedding, [width]) : nil
    positionalEmbedding = try reader.tensor(
      TensorNames.Vision.positionalEmbedding, [c.gridSize * c.gridSize + (c.hasClassToken ? 1 : 0), width])
    timeEmbedding =
      c.joint ? try reader.tensor(TensorNames.Vision.timeEmbedding, [c.frames, width]) : nil
    prompts =
      c.visualPrompts > 0
      ? try reader.promptVectors(TensorNames.Vision.prompts, [c.visualPrompts, width]) : nil
    deepPrompts = try DeepPrompts(
      reader, TensorNames.Vision.blocks, blocks: c.visionLayers, count: c.visualPrompts, width: width)
    lnPre = c.hasPreNorm ? try reader.layerNorm(TensorNames.Vision.lnPre, width, epsilon) : nil
    blocks = try ResidualBlocks(
      reader, TensorNames.Vision.blocks, infix: blockInfix, count: c.visionLayers, width: width,
      heads: c.visionHeads, causal: false, epsilon: epsilon, activation: c.activation.function,
      minimum: .int8, rotary: c.rotary?.positions(c),
      isGated: reader.has("\(TensorNames.Vision.blocks)0.\(TensorNames.Block.gate)weight"))
    messages = try MessageLayer.read(reader, c)
    lnPost = try reader.layerNorm(TensorNames.Vision.lnPost, width, epsilon)
    projection =
      try c.isSigLIP
      ? nil
      : reader.projection(
        TensorNames.Vision.projection, bias: reader.has(projectionBias) ? projectionBias : nil, width,
        c.embeddingSize)
    pooling =
      try c.pooling == .probe ? AttentionPooling(reader, c, after: lnPost, hidden: blocks.hidden) : nil
    context = try PatchContext(reader, c)
  }
}
