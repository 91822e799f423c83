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

  private static let whole: [String: TensorRole] = [
    "patch_embed.proj.weight": .tensor(TensorNames.Vision.patchEmbedding),
    "patch_embed.proj.bias": .tensor(TensorNames.Vision.patchBias),
    "patch_embed.backbone.2.conv.bias": .tensor(TensorNames.Vision.patchBias),
    "pos_embed": .squeezed(TensorNames.Vision.positionalEmbedding),
    // [1, 1, W].
    "cls_token": .squeezed(TensorNames.Vision.classEmbedding),
    "norm_pre.weight": .tensor(TensorNames.Vision.lnPre + "weight"),
    "norm_pre.bias": .tensor(TensorNames.Vision.lnPre + "bias"),
    "norm.weight": .tensor(TensorNames.Vision.lnPost + "weight"),
    "norm.bias": .tensor(TensorNames.Vision.lnPost + "bias"),
    "head.weight": .transposed(TensorNames.Vision.projection),
    "head.bias": .tensor(TensorNames.Vision.projectionBias),
    "attn_pool.latent": .tensor(TensorNames.Vision.probe),
    "attn_pool.q.weight": .half(0, of: pool + TensorNames.Block.inProjectionWeight),
    "attn_pool.q.bias": .half(0, of: pool + TensorNames.Block.inProjectionBias),
    "attn_pool.kv.weight": .half(1, of: pool + TensorNames.Block.inProjectionWeight),
    "attn_pool.kv.bias": .half(1, of: pool + TensorNames.Block.inProjectionBias),
    "attn_pool.proj.weight": .tensor(pool + TensorNames.Block.outProjection + "weight"),
    "attn_pool.proj.bias": .tensor(pool + TensorNames.Block.outProjection + "bias"),
    "attn_pool.norm.weight": .tensor(pool + TensorNames.Block.ln2 + "weight"),
    "attn_pool.norm.bias": .tensor(pool + TensorNames.Block.ln2 + "bias"),
    "attn_pool.mlp.fc1.weight": .tensor(pool + TensorNames.Block.fc + "weight"),
    "attn_pool.mlp.fc1.bias": .tensor(pool + TensorNames.Block.fc + "bias"),
    "attn_pool.mlp.fc2.weight": .tensor(pool + TensorNames.Block.projection + "weight"),
    "attn_pool.mlp.fc2.bias": .tensor(pool + TensorNames.Block.projection + "bias"),
  ]

  private static let pool = TensorNames.Vision.pooling

  /// SiLU(g) · x = QuickGELU(g / quick) · (quick · x).
  private static let quick: Float = 1.702

  private static let inBlock: [String: TensorRole] = [
    "norm1.weight": .tensor(TensorNames.Block.ln1 + "weight"),
    "norm1.bias": .tensor(TensorNames.Block.ln1 + "bias"),
    "norm2.weight": .tensor(TensorNames.Block.ln2 + "weight"),
    "norm2.bias": .tensor(TensorNames.Block.ln2 + "bias"),
    "attn.qkv.weight": .tensor(TensorNames.Block.inProjectionWeight),
    "attn.qkv.bias": .tensor(TensorNames.Block.inProjectionBias),
    "attn.q_proj.weight": .part(0, of: TensorNames.Block.inProjectionWeight),
    "attn.k_proj.weight": .part(1, of: TensorNames.Block.inProjectionWeight),
    "attn.v_proj.weight": .part(2, of: TensorNames.Block.inProjectionWeight),
    "attn.q_proj.bias": .outerPart(0, of: TensorNames.Block.inProjectionBias),
    "attn.v_proj.bias": .outerPart(2, of: TensorNames.Block.inProjectionBias),
    "attn.norm.weight": .tensor(TensorNames.Block.attentionNorm + "weight"),
    "attn.norm.bias": .tensor(TensorNames.Block.attentionNorm + "bias"),
    "attn.proj.weight": .tensor(TensorNames.Block.outProjection + "weight"),
    "attn.proj.bias": .tensor(TensorNames.Block.outProjection + "bias"),
    "mlp.fc1.weight": .tensor(TensorNames.Block.fc + "weight"),
    "mlp.fc1.bias": .tensor(TensorNames.Block.fc + "bias"),
    "mlp.fc1_g.weight": .scaled(TensorNames.Block.gate + "weight", by: 1 / quick),
    "mlp.fc1_g.bias": .scaled(TensorNames.Block.gate + "bias", by: 1 / quick),
    "mlp.fc1_x.weight": .scaled(TensorNames.Block.fc + "weight", by: quick),
    "mlp.fc1_x.bias": .scaled(TensorNames.Block.fc + "bias", by: quick),
    "mlp.norm.weight": .tensor(TensorNames.Block.hiddenNorm + "weight"),
    "mlp.norm.bias": .tensor(TensorNames.Block.hiddenNorm + "bias"),
    "mlp.fc2.weight": .tensor(TensorNames.Block.projection + "weight"),
    "mlp.fc2.bias": .tensor(TensorNames.Block.projection + "bias"),
  ]
}
