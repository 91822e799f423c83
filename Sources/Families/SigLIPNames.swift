import TensorNames
import Weights

/// The table from SigLIP's names in Hugging Face's layout to the model's. Source: transformers
/// models/siglip/modeling_siglip.py.
enum SigLIPNames {
  /// The tensor that tells a SigLIP from a CLIP of the same layout.
  static let probe = "vision_model.head.probe"

  /// Nil for a name that a SigLIP does not have.
  static func role(of name: String) -> TensorRole? {
    whole[name] ?? Names.block(name)
  }

  private static let whole = [String: TensorRole](
    layers: [
      "vision_model.post_layernorm.": TensorNames.Vision.lnPost,
      "text_model.final_layer_norm.": TensorNames.Text.lnFinal,
      "vision_model.head.attention.out_proj.": pooling + TensorNames.Block.outProjection,
      "vision_model.head.layernorm.": pooling + TensorNames.Block.ln2,
      "vision_model.head.mlp.fc1.": pooling + TensorNames.Block.fc,
      "vision_model.head.mlp.fc2.": pooling + TensorNames.Block.projection,
    ],
    [
      "vision_model.embeddings.patch_embedding.weight": .tensor(TensorNames.Vision.patchEmbedding),
      "vision_model.embeddings.patch_embedding.bias": .tensor(TensorNames.Vision.patchBias),
      "vision_model.embeddings.position_embedding.weight": .tensor(TensorNames.Vision.positionalEmbedding),
      probe: .tensor(TensorNames.Vision.probe),
      "vision_model.head.attention.in_proj_weight": .tensor(pooling + TensorNames.Block.inProjectionWeight),
      "vision_model.head.attention.in_proj_bias": .tensor(pooling + TensorNames.Block.inProjectionBias),
      "text_model.embeddings.token_embedding.weight": .tensor(TensorNames.Text.tokenEmbedding),
      "text_model.embeddings.position_embedding.weight": .tensor(TensorNames.Text.positionalEmbedding),
      "text_model.head.weight": .transposed(TensorNames.Text.projection),
      "text_model.head.bias": .tensor(TensorNames.Text.projectionBias),
      TensorNames.logitScale: .tensor(TensorNames.logitScale),
      TensorNames.logitBias: .tensor(TensorNames.logitBias),
      // Counted up from 0, in older files.
      "vision_model.embeddings.position_ids": .nothing,
      "text_model.embeddings.position_ids": .nothing,
    ])

  private static let pooling = TensorNames.Vision.pooling
}
