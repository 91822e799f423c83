import System
import Numerics

extension TextTransformer {
  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    contextLength = c.contextLength
    vocabularySize = c.vocabularySize
    tokenEmbedding = try reader.table(
      "token_embedding.weight", [c.vocabularySize, c.textWidth], lowest: .bf16)
    positionalEmbedding = try reader.tensor("positional_embedding", [c.contextLength, c.textWidth])
    blocks = try ResidualBlocks(
      reader, "transformer.resblocks.", count: c.textLayers, width: c.textWidth, heads: c.textHeads,
      causal: true, epsilon: c.epsilon, activation: c.activation.function, lowest: .int8)
    lnFinal = try reader.layerNorm("ln_final.", c.textWidth, c.epsilon)
    projection = try reader.projection("text_projection", c.textWidth, c.embeddingSize)
  }
}
