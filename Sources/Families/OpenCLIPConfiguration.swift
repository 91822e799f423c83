import System
import Text
import Weights

/// open_clip_config.json, or a model's own configuration in open_clip. Each key is done, harmless, or refused by name.
/// Source: open_clip model.py (CLIPVisionCfg, CLIPTextCfg), transform.py (PreprocessCfg) and its model_configs.
struct OpenCLIPConfiguration {
  private(set) var traits = FamilyTraits()

  private typealias Reader = Configurations.Reader

  /// open_clip's defaults for keys that are left out.
  private struct Vision {
    var (imageSide, patchSide, width, headWidth, layers, ratio) = (224, 16, 768, 64, 12, 4.0)
  }

  private struct Text {
    var (context, vocabulary, width, heads, layers, ratio) = (77, 49_408, 512, 8, 12, 4.0)
  }

  /// Parts of a network that CLIP's has not; false, null, 0, "none" and nothing inside leave them out.
  private static let foreign: Set<String> = [
    "timm_model_name", "hf_model_name", "ls_init_value", "attentional_pool", "no_ln_pre",
    "final_ln_after_pool", "no_causal_mask", "embed_cls", "proj_bias", "qk_norm", "scaled_cosine_attn",
    "scale_heads", "scale_attn", "scale_attn_inner", "scale_fc", "norm_kwargs", "act_kwargs",
    "multimodal_cfg",
    "init_logit_bias", "input_patchnorm", "global_average_pool",
  ]

  /// Keys that change no number: of training, of parts that a foreign key switches on, of how results are given.
  private static let harmless: Set<String> = [
    "patch_dropout", "output_tokens", "attn_pooler_queries", "attn_pooler_heads", "timm_model_pretrained",
    "timm_pool", "timm_proj", "timm_proj_bias", "timm_drop", "timm_drop_path", "hf_model_pretrained",
    "hf_proj_type", "hf_pooler_type", "pad_id", "eos_id", "tokenizer_mode", "custom_text", "init_logit_scale",
    "nonscalar_logit_scale", "output_dict", "cast_dtype",
  ]

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    var json = Configurations.reader(bytes)
    var traits = FamilyTraits()
    traits.activation = .gelu
    var (vision, text) = (Vision(), Text())
    var embedding: Int?
    var isThere = false
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "model_cfg":
        isThere = true
        try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
          switch key {
          case "quick_gelu": traits.activation = try Configurations.bool(&json) == true ? .quickGELU : .gelu
          case "embed_dim": embedding = try json.integer()
          case "vision_cfg": try OpenCLIPConfiguration.read(&json, into: &vision)
          case "text_cfg": try OpenCLIPConfiguration.read(&json, into: &text)
          default: try OpenCLIPConfiguration.passOrRefuse(key, &json)
          }
        }
      case "preprocess_cfg": try OpenCLIPConfiguration.readPreprocessing(&json, into: &traits)
      default: try Configurations.refuseUnknown(&json, of: "open_clip_config.json")
      }
    }
    try json.finish()
    guard isThere else { throw .invalid("'model_cfg' is missing") }
    guard vision.headWidth > 0, vision.width > 0, vision.width % vision.headWidth == 0 else {
      throw .invalid("'vision_cfg': a width of \(vision.width) in heads of \(vision.headWidth)")
    }
    traits.visionHeads = vision.width / vision.headWidth
    traits.textHeads = text.heads
    self.traits = traits
    try state(vision, text, embedding)
  }

  /// States the sizes that the tensors are held against.
  private mutating func state(_ vision: Vision, _ text: Text, _ embedding: Int?) throws(Failure) {
    let sizes: [(StatedSizes.Size, Int?, String)] = [
      (.imageSize, vision.imageSide, "vision_cfg.image_size"),
      (.patchSize, vision.patchSide, "vision_cfg.patch_size"),
      (.visionWidth, vision.width, "vision_cfg.width"), (.visionLayers, vision.layers, "vision_cfg.layers"),
      (
        .visionHidden, try OpenCLIPConfiguration.hidden(vision.width, vision.ratio),
        "vision_cfg.width' times 'mlp_ratio"
      ),
      (.embeddingSize, embedding, "embed_dim"), (.textWidth, text.width, "text_cfg.width"),
      (.textLayers, text.layers, "text_cfg.layers"),
      (
        .textHidden, try OpenCLIPConfiguration.hidden(text.width, text.ratio),
        "text_cfg.width' times 'mlp_ratio"
      ),
      (.contextLength, text.context, "text_cfg.context_length"),
      (.vocabularySize, text.vocabulary, "text_cfg.vocab_size"),
    ]
    for case (let size, let value?, let key) in sizes {
      traits.sizes.add(size, value, "open_clip_config.json says that '\(key)' is")
    }
  }

  /// Python's int(width * ratio).
  private static func hidden(_ width: Int, _ ratio: Double) throws(Failure) -> Int {
    guard let hidden = Int(exactly: (Double(width) * ratio).rounded(.towardZero)), hidden > 0 else {
      throw .invalid("a width of \(width) with an 'mlp_ratio' of \(ratio)")
    }
    return hidden
  }

  private static func read(_ json: inout Reader, into vision: inout Vision) throws(Failure) {
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "image_size": vision.imageSide = try Configurations.side(&json) ?? vision.imageSide
      case "patch_size": vision.patchSide = try Configurations.side(&json) ?? vision.patchSide
      case "width": vision.width = try json.integer()
      case "head_width": vision.headWidth = try json.integer()
      case "layers":
        guard try json.kind() != .array else {
          throw .unsupported("a list of layers is a ResNet's, which is not computed")
        }
        vision.layers = try json.integer()
      case "mlp_ratio": vision.ratio = try json.number()
      case "pool_type": try Configurations.expect(["tok"], &json)
      case "pos_embed_type": try Configurations.expect(["learnable"], &json)
      default: try passOrRefuse(key, &json)
      }
    }
  }

  private static func read(_ json: inout Reader, into text: inout Text) throws(Failure) {
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "context_length": text.context = try json.integer()
      case "vocab_size": text.vocabulary = try json.integer()
      case "width": text.width = try json.integer()
      case "heads": text.heads = try json.integer()
      case "layers": text.layers = try json.integer()
      case "mlp_ratio": text.ratio = try json.number()
      case "pool_type": try Configurations.expect(["argmax"], &json)
      case "proj_type": try Configurations.expect(["linear"], &json)
      case "hf_tokenizer_name", "tokenizer_kwargs":
        try Configurations.refuseUnlessOff(
          &json, "its texts are not made by CLIP's tokenizer, which is the only one here")
      default: try passOrRefuse(key, &json)
      }
    }
  }

  /// Reads `preprocess_cfg`, the transforms that open_clip builds for inference.
  private static func readPreprocessing(
    _ json: inout Reader, into traits: inout FamilyTraits
  ) throws(Failure) {
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "mean": traits.mean = try Configurations.channels(&json)
      case "std": traits.std = try Configurations.channels(&json)
      case "size":
        if let side = try Configurations.side(&json) {
          traits.sizes.add(.imageSize, side, "open_clip_config.json says that 'preprocess_cfg.size' is")
        }
      case "mode": try Configurations.expect(["RGB"], &json)
      case "resize_mode": try Configurations.expect(["shortest"], &json)
      // At inference open_clip takes 'random' for bicubic.
      case "interpolation": try Configurations.expect(["bicubic", "random"], &json)
      case "fill_color": try Configurations.pass(&json)  // of the resize_mode 'longest'
      default: try Configurations.refuseUnknown(&json, of: "open_clip's preprocessing")
      }
    }
  }

  private static func passOrRefuse(_ key: String, _ json: inout Reader) throws(Failure) {
    switch key {
    case "block_type": try Configurations.expect(["default"], &json)
    case let key where harmless.contains(key): try Configurations.pass(&json)
    case let key where foreign.contains(key):
      try Configurations.refuseUnlessOff(&json, "this is a part of a network that CLIP does not have")
    default: try Configurations.refuseUnknown(&json, of: "open_clip's CLIP")
    }
  }
}
