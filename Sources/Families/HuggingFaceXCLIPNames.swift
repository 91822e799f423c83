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

  private static let whole = [String: TensorRole](
    layers: [
      "vision_model.pre_layernorm.": TensorNames.Vision.lnPre,
      "prompts_visual_layernorm.": TensorNames.VideoPrompts.patchNorm,
      "prompts_generator.layernorm.": TensorNames.VideoPrompts.norm,
    ],
    [
      "mit.position_embedding": .tensor(TensorNames.Integration.positions),
      // Stored as it is multiplied, unlike the other projections.
      "prompts_visual_projection": .tensor(TensorNames.VideoPrompts.patchProjection),
    ])

  private static let inVisionBlock = [String: TensorRole](
    layers: [
      "message_fc.": TensorNames.Block.messageFC,
      "message_ln.": TensorNames.Block.messageLN,
      "message_attn.out_proj.": TensorNames.Block.messageOutProjection,
    ],
    thirds: [
      "message_attn.": (
        TensorNames.Block.messageInProjectionWeight, TensorNames.Block.messageInProjectionBias
      )
    ])
}
