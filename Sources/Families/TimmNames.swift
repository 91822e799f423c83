import TensorNames
import Weights

/// The table from the names of timm's EVA02, PE and plain ViTs in open_clip's models ("visual.trunk.…") to the model's.
/// `StemTensors` knows the convolutions before a patch embedding. Source: timm models/eva.py,
/// models/vision_transformer.py, layers/mlp.py, layers/attention_pool.py.
enum TimmNames {
  static let trunk = "visual.trunk."

  /// Nil for the name of another part.
  static func role(of name: String) -> TensorRole? {
    guard let own = removing(trunk, from: name) else { return nil }
    if let role = whole[own] { return role }
    if let inside = removing("blocks.", from: own) {
      return Names.role(ofNumbered: inside, TensorNames.Vision.blocks, inBlock)
    }
    return nil
  }

  private static let whole = [String: TensorRole](
    layers: [
      "norm_pre.": TensorNames.Vision.lnPre,
      "norm.": TensorNames.Vision.lnPost,
      "attn_pool.proj.": pool + TensorNames.Block.outProjection,
      "attn_pool.norm.": pool + TensorNames.Block.ln2,
      "attn_pool.mlp.fc1.": pool + TensorNames.Block.fc,
      "attn_pool.mlp.fc2.": pool + TensorNames.Block.projection,
    ],
    [
      "patch_embed.proj.weight": .tensor(TensorNames.Vision.patchEmbedding),
      "patch_embed.proj.bias": .tensor(TensorNames.Vision.patchBias),
      "patch_embed.backbone.2.conv.bias": .tensor(TensorNames.Vision.patchBias),
      "pos_embed": .squeezed(TensorNames.Vision.positionalEmbedding),
      // [1, 1, W].
      "cls_token": .squeezed(TensorNames.Vision.classEmbedding),
      "head.weight": .transposed(TensorNames.Vision.projection),
      "head.bias": .tensor(TensorNames.Vision.projectionBias),
      "attn_pool.latent": .tensor(TensorNames.Vision.probe),
      "attn_pool.q.weight": .half(0, of: pool + TensorNames.Block.inProjectionWeight),
      "attn_pool.q.bias": .half(0, of: pool + TensorNames.Block.inProjectionBias),
      "attn_pool.kv.weight": .half(1, of: pool + TensorNames.Block.inProjectionWeight),
      "attn_pool.kv.bias": .half(1, of: pool + TensorNames.Block.inProjectionBias),
    ])

  private static let pool = TensorNames.Vision.pooling

  /// SiLU(g) · x = QuickGELU(g / quick) · (quick · x).
  private static let quick: Float = 1.702

  private static let inBlock = [String: TensorRole](
    layers: [
      "norm1.": TensorNames.Block.ln1,
      "norm2.": TensorNames.Block.ln2,
      "attn.norm.": TensorNames.Block.attentionNorm,
      "attn.proj.": TensorNames.Block.outProjection,
      "mlp.fc1.": TensorNames.Block.fc,
      "mlp.norm.": TensorNames.Block.hiddenNorm,
      "mlp.fc2.": TensorNames.Block.projection,
    ],
    [
      "attn.qkv.weight": .tensor(TensorNames.Block.inProjectionWeight),
      "attn.qkv.bias": .tensor(TensorNames.Block.inProjectionBias),
      "attn.q_proj.weight": .part(0, of: TensorNames.Block.inProjectionWeight),
      "attn.k_proj.weight": .part(1, of: TensorNames.Block.inProjectionWeight),
      "attn.v_proj.weight": .part(2, of: TensorNames.Block.inProjectionWeight),
      "attn.q_proj.bias": .outerPart(0, of: TensorNames.Block.inProjectionBias),
      "attn.v_proj.bias": .outerPart(2, of: TensorNames.Block.inProjectionBias),
      "mlp.fc1_g.weight": .scaled(TensorNames.Block.gate + "weight", by: 1 / quick),
      "mlp.fc1_g.bias": .scaled(TensorNames.Block.gate + "bias", by: 1 / quick),
      "mlp.fc1_x.weight": .scaled(TensorNames.Block.fc + "weight", by: quick),
      "mlp.fc1_x.bias": .scaled(TensorNames.Block.fc + "bias", by: quick),
    ])
}
