import System
import Numerics
import TensorNames

extension TextTransformer {
  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    contextLength = c.contextLength
    vocabularySize = c.vocabularySize
    tokenEmbedding = try reader.table(
      TensorNames.Text.tokenEmbedding, [c.vocabularySize, c.textWidth], minimum: .bf16)
    positionalEmbedding = try reader.tensor(
      TensorNames.Text.positionalEmbedding, [c.contextLength, c.textWidth])
    context =
      c.contextVectors == 0
      ? nil : try reader.tensor(TensorNames.Text.context, [c.contextVectors, c.textWidth])
    deepPrompts = try DeepPrompts(
      reader, TensorNames.Text.blocks, blocks: c.textLayers, count: c.contextVectors, width: c.textWidth)
    // Token embeddings are small beside what the first block adds to them: its rounding would be half of all.
    blocks = try ResidualBlocks(
      reader, TensorNames.Text.blocks, count: c.textLayers, width: c.textWidth, heads: c.textHeads,
      causal: c.textForm == .causal, epsilon: c.epsilon, activation: c.activation.function, minimum: .int8,
      firstMinimum: .bf16)
    lnFinal = try reader.layerNorm(TensorNames.Text.lnFinal, c.textWidth, c.epsilon)
    projection = try reader.projection(
      TensorNames.Text.projection, bias: c.isSigLIP ? TensorNames.Text.projectionBias : nil, c.textWidth,
      c.embeddingSize)
    form = c.textForm
  }
}
