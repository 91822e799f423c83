import TensorNames
import Weights

/// The table from SigLIP's names in Hugging Face's layout to the model's. Source: transformers
/// models/siglip/modeling_siglip.py.
enum SigLIPNames {
  /// The tensor that tells a SigLIP from a CLIP of the same layout.
  static let probe = "vision_model.head.probe"

  /// Nil for a name that a SigLIP does not have.
  static func role(of name: String) -> TensorRole? {
    if let role = whole[name] { return role }
    if let inside = removing("vision_model.head.", from: name) {
      return inPooling[inside].map { .tensor(TensorNames.Vision.pooling + $0) }
    }
    return Names.block(name)
  }

  private static let whole: [String: TensorRole] = [
    probe: .tensor(TensorNames.Vision.probe),
    "vision_model.embeddings.patch_embedding.weight": .tensor(TensorNames.Vision.patchEmbedding),
    "vision_model.embeddings.patch_embedding.bias": .tensor(TensorNames.Vision.patchBias),
    "vision_model.embeddings.position_embedding.weight": .tensor(TensorNames.Vision.positionalEmbedding),
    "vision_model.post_layernorm.weight": .tensor(TensorNames.Vision.lnPost + "weight"),
    "vision_model.post_layernorm.bias": .tensor(TensorNames.Vision.lnPost + "bias"),
    "text_model.embeddings.token_embedding.weight": .tensor(TensorNames.Text.tokenEmbedding),
    "text_model.embeddings.position_embedding.weight": .tensor(TensorNames.Text.positionalEmbedding),
    "text_model.final_layer_norm.weight": .tensor(TensorNames.Text.lnFinal + "weight"),
    "text_model.final_layer_norm.bias": .tensor(TensorNames.Text.lnFinal + "bias"),
    "text_model.head.weight": .transposed(TensorNames.Text.projection),
    "text_model.head.bias": .tensor(TensorNames.Text.projectionBias),
    TensorNames.logitScale: .tensor(TensorNames.logitScale),
    TensorNames.logitBias: .tensor(TensorNames.logitBias),
    // Counted up from 0, in older files.
    "vision_model.embeddings.position_ids": .nothing,
    "text_model.embeddings.position_ids": .nothing,
  ]

  private static let inPooling: [String: String] = [
    "attention.in_proj_weight": TensorNames.Block.inProjectionWeight,
    "attention.in_proj_bias": TensorNames.Block.inProjectionBias,
    "attention.out_proj.weight": TensorNames.Block.outProjection + "weight",
    "attention.out_proj.bias": TensorNames.Block.outProjection + "bias",
    "layernorm.weight": TensorNames.Block.ln2 + "weight",
    "layernorm.bias": TensorNames.Block.ln2 + "bias",
    "mlp.fc1.weight": TensorNames.Block.fc + "weight",
    "mlp.fc1.bias": TensorNames.Block.fc + "bias",
    "mlp.fc2.weight": TensorNames.Block.projection + "weight",
    "mlp.fc2.bias": TensorNames.Block.projection + "bias",
  ]
}
