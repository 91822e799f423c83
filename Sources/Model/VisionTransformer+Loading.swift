import System
import Numerics

extension VisionTransformer {
  /// A checkpoint trained with temporal shift wraps each block: "resblocks.N.net.…".
  static let shiftedInfix = "net."

  init(_ reader: ParameterReader, _ c: Configuration, blockInfix: String) throws(ModelError) {
    configuration = c
    let (width, patch) = (c.visionWidth, c.patchSize)
    patchEmbedding = try reader.linear(
      weight: "visual.conv1.weight", shape: [width, 3, patch, patch], bias: nil, 3 * patch * patch, width,
      // Below one part in a hundred of the work, and where every number comes from.
      lowest: .bf16)
    classEmbedding = try reader.tensor("visual.class_embedding", [width])
    positionalEmbedding = try reader.tensor(
      "visual.positional_embedding", [c.gridSize * c.gridSize + 1, width])
    timeEmbedding =
      c.joint ? try reader.tensor("visual.time_embedding", [c.frames, width]) : nil
    lnPre = try reader.layerNorm("visual.ln_pre.", width, c.epsilon)
    blocks = try ResidualBlocks(
      reader, "visual.transformer.resblocks.", infix: blockInfix, count: c.visionLayers, width: width,
      heads: c.visionHeads, causal: false, epsilon: c.epsilon, activation: c.activation.function,
      lowest: .int8)
    lnPost = try reader.layerNorm("visual.ln_post.", width, c.epsilon)
    projection = try reader.projection("visual.proj", width, c.embeddingSize)
  }
}
