import TensorNames
import Weights

/// Names of transformers' XCLIPModel that its CLIPModel has not, and the reference's names for them. Source: transformers
/// models/x_clip/modeling_x_clip.py.
enum HuggingFaceXCLIPNames {
  /// Nil for a name that the two models share, or that neither has.
  static func role(of name: String) -> TensorRole? {
    if let role = whole[name] { return role }
    if let own = removing("mit.encoder.layers.", from: name) {
      return Names.role(ofNumbered: own, TensorNames.Integration.blocks, Names.inBlock)
    }
    if let own = removing("vision_model.encoder.layers.", from: name) {
      return Names.role(ofNumbered: own, TensorNames.Vision.blocks, inVisionBlock)
    }
    // Layers of the prompts have the same names.
    if let own = removing("prompts_generator.", from: name), own != "norm.weight", own != "norm.bias" {
      return .tensor(TensorNames.VideoPrompts.prefix + own)
    }
    return nil
  }

  private static let whole: [String: TensorRole] = [
    "vision_model.pre_layernorm.weight": .tensor(TensorNames.Vision.lnPre + "weight"),
    "vision_model.pre_layernorm.bias": .tensor(TensorNames.Vision.lnPre + "bias"),
    "mit.position_embedding": .tensor(TensorNames.Integration.positions),
    "prompts_visual_layernorm.weight": .tensor(TensorNames.VideoPrompts.patchNorm + "weight"),
    "prompts_visual_layernorm.bias": .tensor(TensorNames.VideoPrompts.patchNorm + "bias"),
    // Stored as it is multiplied, unlike the other projections.
    "prompts_visual_projection": .tensor(TensorNames.VideoPrompts.patchProjection),
    "prompts_generator.layernorm.weight": .tensor(TensorNames.VideoPrompts.norm + "weight"),
    "prompts_generator.layernorm.bias": .tensor(TensorNames.VideoPrompts.norm + "bias"),
  ]

  private static let inVisionBlock: [String: TensorRole] = [
    "message_fc.weight": .tensor(TensorNames.Block.messageFC + "weight"),
    "message_fc.bias": .tensor(TensorNames.Block.messageFC + "bias"),
    "message_ln.weight": .tensor(TensorNames.Block.messageLN + "weight"),
    "message_ln.bias": .tensor(TensorNames.Block.messageLN + "bias"),
    "message_attn.q_proj.weight": .part(0, of: TensorNames.Block.messageInProjectionWeight),
    "message_attn.k_proj.weight": .part(1, of: TensorNames.Block.messageInProjectionWeight),
    "message_attn.v_proj.weight": .part(2, of: TensorNames.Block.messageInProjectionWeight),
    "message_attn.q_proj.bias": .part(0, of: TensorNames.Block.messageInProjectionBias),
    "message_attn.k_proj.bias": .part(1, of: TensorNames.Block.messageInProjectionBias),
    "message_attn.v_proj.bias": .part(2, of: TensorNames.Block.messageInProjectionBias),
    "message_attn.out_proj.weight": .tensor(TensorNames.Block.messageOutProjection + "weight"),
    "message_attn.out_proj.bias": .tensor(TensorNames.Block.messageOutProjection + "bias"),
  ]
}
