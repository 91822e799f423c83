import Numerics

extension TextTransformer {
  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    contextLength = c.contextLength
    vocabularySize = c.vocabularySize
    tokenEmbedding = try reader.tensor("token_embedding.weight", [c.vocabularySize, c.textWidth])
    positionalEmbedding = try reader.tensor("positional_embedding", [c.contextLength, c.textWidth])
    var blocks: [ResidualAttentionBlock] = []
    for layer in 0..<c.textLayers {
      blocks.append(
        try ResidualAttentionBlock(
          reader, "transformer.resblocks.\(layer).", width: c.textWidth, heads: c.textHeads,
          causal: true, epsilon: Configuration.epsilon))
    }
    self.blocks = blocks
    lnFinal = try reader.layerNorm("ln_final.", c.textWidth, Configuration.epsilon)
    projection = try reader.projection("text_projection", c.textWidth, c.embeddingSize)
  }
}
