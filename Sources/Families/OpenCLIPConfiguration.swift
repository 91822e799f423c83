import Text
import Weights

/// open_clip_config.json, or a model's own configuration in open_clip. Source: open_clip model.py (CLIPVisionCfg,
/// CLIPTextCfg) and its model_configs.
struct OpenCLIPConfiguration {
  private(set) var traits = FamilyTraits()

  /// Parts of a network that CLIP's has not; false, null, 0 and "none" leave them out.
  private static let foreign: Set<String> = [
    "timm_model_name", "hf_model_name", "ls_init_value", "attentional_pool", "no_ln_pre",
    "final_ln_after_pool",
    "no_causal_mask", "embed_cls", "proj_bias", "qk_norm", "scaled_cosine_attn", "scale_heads", "scale_attn",
    "scale_attn_inner", "scale_fc", "norm_kwargs", "act_kwargs", "block_type", "multimodal_cfg",
  ]

  init(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
    var json = Configurations.reader(bytes)
    var traits = FamilyTraits()
    // open_clip's own defaults.
    (traits.textWidth, traits.textHeads) = (512, 8)
    var isThere = false
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      switch key {
      case "model_cfg":
        isThere = true
        try OpenCLIPConfiguration.readModel(&json, into: &traits)
      case "preprocess_cfg":
        try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
          switch key {
          case "mean": traits.mean = try Configurations.channels(&json)
          case "std": traits.std = try Configurations.channels(&json)
          case "resize_mode": try OpenCLIPConfiguration.expect(try Configurations.text(&json), ["shortest"])
          case "interpolation": try OpenCLIPConfiguration.expect(try Configurations.text(&json), ["bicubic"])
          default: try json.skip(atMost: Configurations.maximumText)
          }
        }
      default: try json.skip(atMost: Configurations.maximumText)
      }
    }
    try json.finish()
    guard isThere else { throw .invalid("'model_cfg' is missing") }
    self.traits = traits
  }

  private static func readModel(
    _ json: inout Configurations.Reader, into traits: inout FamilyTraits
  ) throws(WeightsError) {
    traits.activation = .gelu
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      switch key {
      case "quick_gelu": traits.activation = try json.bool() ? .quickGELU : .gelu
      case "vision_cfg":
        var (width, headWidth) = (768, 64)
        try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
          switch key {
          case "width": width = try json.integer()
          case "head_width": headWidth = try json.integer()
          case "pool_type": try expect(try Configurations.text(&json), ["tok"])
          case "pos_embed_type": try expect(try Configurations.text(&json), ["learnable"])
          default: try refuseForeign(key, &json)
          }
        }
        guard headWidth > 0, width > 0, width % headWidth == 0 else {
          throw .invalid("a width of \(width) in heads of \(headWidth)")
        }
        traits.visionHeads = width / headWidth
        traits.visionWidth = width
      case "text_cfg":
        try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
          switch key {
          case "heads": traits.textHeads = try json.integer()
          case "width": traits.textWidth = try json.integer()
          case "pool_type": try expect(try Configurations.text(&json), ["argmax"])
          case "proj_type": try expect(try Configurations.text(&json), ["linear"])
          default: try refuseForeign(key, &json)
          }
        }
      default: try refuseForeign(key, &json)
      }
    }
  }

  private static func expect(_ value: String?, _ known: [String]) throws(WeightsError) {
    guard let value, !known.contains(value) else { return }
    throw .unsupported("is \(quoted(value.utf8)), expected '\(known[0])', which alone is computed")
  }

  private static func refuseForeign(
    _ key: String, _ json: inout Configurations.Reader
  ) throws(WeightsError) {
    guard foreign.contains(key) else { return try json.skip(atMost: Configurations.maximumText) }
    switch try json.kind() {
    case .null: return try json.null()
    case .bool: if try !json.bool() { return }
    case .number: if try json.number() == 0 { return }
    case .string, .object, .array: break
    }
    throw .unsupported("this is a part of a network that CLIP's has not")
  }
}
