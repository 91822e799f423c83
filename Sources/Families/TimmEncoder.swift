/// An image encoder of timm's that is computed in open_clip's models, by the `timm_model_name` of a configuration. The
/// tensors tell its sizes. Source: timm models/eva.py, models/vision_transformer.py, models/vision_transformer_hybrid.py.
struct TimmEncoder: Sendable {
  let name: String
  /// Nil in CLIP's own image encoder.
  var rotary: FamilyTraits.Rotary?
  /// Attention heads, where they are not one for each 64 numbers.
  var heads: Int?
  /// Whether convolutions come before the patch embedding.
  var hasStem = false

  /// How the configuration names the pooling.
  var pool: String { poolHeads == nil ? "token" : "map" }
  /// Attention heads of the probe that pools a frame's tokens.
  var poolHeads: Int? { rotary == .pe || rotary == .peFromZero ? 8 : nil }
  /// The epsilon of its LayerNorms, where it is not the usual one.
  var epsilon: Float? { hasNoPreNorm ? 1e-6 : nil }
  /// Whether tokens go to the first block as they are.
  var hasNoPreNorm: Bool { rotary == .eva02 || hasStem }

  static let all = [
    TimmEncoder(name: "eva02_base_patch16_clip_224", rotary: .eva02),
    TimmEncoder(name: "eva02_large_patch14_clip_224", rotary: .eva02),
    TimmEncoder(name: "eva02_large_patch14_clip_336", rotary: .eva02),
    TimmEncoder(name: "vit_pe_core_tiny_patch16_384", rotary: .pe),
    TimmEncoder(name: "vit_pe_core_small_patch16_384", rotary: .pe),
    TimmEncoder(name: "vit_pe_core_base_patch16_224", rotary: .pe),
    TimmEncoder(name: "vit_pe_core_large_patch14_336", rotary: .pe),
    TimmEncoder(name: "vit_pe_core_gigantic_patch14_448", rotary: .peFromZero, heads: 16),
    TimmEncoder(name: "vit_large_patch14_clip_224"),
    TimmEncoder(name: "vit_base_mci_224", hasStem: true),
  ]

  static func named(_ name: String) -> TimmEncoder? { all.first { $0.name.utf8.elementsEqual(name.utf8) } }
}
