import System
import Text
import Weights

/// open_clip_config.json, or a model's own configuration in open_clip. Each key is done, harmless, or refused by name.
/// Source: open_clip model.py (CLIPVisionCfg, CLIPTextCfg), transform.py (PreprocessCfg) and its model_configs.
struct OpenCLIPConfiguration {
  private(set) var traits = FamilyTraits()
  /// Whether the image encoder is one of timm's.
  private(set) var hasTimmEncoder = false

  private typealias Reader = Configurations.Reader

  /// open_clip's defaults for keys that are left out.
  private struct Vision {
    var (imageSide, patchSide, width, headWidth, layers, ratio) = (224, 16, 768, 64, 12, 4.0)
    var (poolsPatches, normalisesPooled, hasNoPreNorm) = (false, false, false)
    /// timm's image encoder, how it is pooled, and what its head is.
    var timm: TimmEncoder?
    var (timmPool, timmProjection) = ("avg", "linear")
  }

  private struct Text {
    var (context, vocabulary, width, heads, layers, ratio) = (77, 49_408, 512, 8, 12, 4.0)
    var (hasNoMask, takesLast) = (false, false)
    /// The tokenizer of another program's, and whether the mark at the end of its texts becomes padding.
    var tokenizer = ""
    var stripsSeparator = false
  }

  /// Parts of a network that CLIP's has not; false, null, 0, "none" and nothing inside leave them out.
  private static let foreign: Set<String> = [
    "hf_model_name", "attentional_pool", "use_pad_mask", "embed_cls", "proj_bias", "qk_norm",
    "scaled_cosine_attn", "scale_heads", "scale_attn", "scale_attn_inner", "scale_fc", "norm_kwargs",
    "act_kwargs",
    "multimodal_cfg",
    "init_logit_bias", "input_patchnorm", "global_average_pool",
  ]

  /// Keys that change no number: of training, of parts that a foreign key switches on, of how results are given.
  private static let harmless: Set<String> = [
    "patch_dropout", "output_tokens", "correct_cls_mask",
    // The scales that a training begins with; tensors have those of its end.
    "ls_init_value", "attn_pooler_queries", "attn_pooler_heads", "timm_model_pretrained",
    "timm_proj_bias", "timm_drop", "timm_drop_path", "hf_model_pretrained",
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
    try OpenCLIPConfiguration.take(vision, text, into: &traits)
    if let timm = vision.timm {
      hasTimmEncoder = true
      try OpenCLIPConfiguration.take(timm, vision, into: &traits)
    }
    self.traits = traits
    try state(vision, text, embedding)
  }

  /// Takes the forms of both encoders, those of CLIP or of CLIPA.
  private static func take(
    _ vision: Vision, _ text: Text, into traits: inout FamilyTraits
  ) throws(Failure) {
    guard !vision.poolsPatches || vision.normalisesPooled else {
      throw .unsupported(
        "'vision_cfg': 'pool_type' is 'avg' without 'final_ln_after_pool': the mean of patches is computed before "
          + "ln_post alone")
    }
    guard text.hasNoMask || !text.takesLast else {
      throw .unsupported(
        "'text_cfg': 'no_causal_mask' is false with the 'pool_type' 'last': the last token is taken of texts without a "
          + "mask alone, as in CLIPA")
    }
    let isBERTs = text.tokenizer.split(separator: "/").last == "bert-base-uncased"
    guard text.tokenizer.isEmpty || isBERTs && text.stripsSeparator && text.takesLast else {
      throw .unsupported(
        "'text_cfg': 'hf_tokenizer_name' is \(quoted(text.tokenizer.utf8)) with the 'pool_type' "
          + "'\(text.takesLast ? "last" : "argmax")': its texts are not made by CLIP's tokenizer, nor as CLIPA makes them "
          + "by BERT's")
    }
    traits.poolsPatches = vision.poolsPatches
    traits.hasNoPreNorm = vision.hasNoPreNorm
    traits.textsAreWhole = text.hasNoMask
    traits.textsEndAtMark = !text.takesLast
    traits.hasWordPieces = isBERTs
  }

  /// Takes the form of an image encoder of timm's, which ends as the published models do.
  private static func take(
    _ timm: TimmEncoder, _ vision: Vision, into traits: inout FamilyTraits
  ) throws(Failure) {
    guard vision.timmPool == timm.pool, vision.timmProjection.isEmpty, !vision.poolsPatches else {
      throw .unsupported(
        "'vision_cfg': 'timm_pool' is \(quoted(vision.timmPool.utf8)) and 'timm_proj' "
          + "\(quoted(vision.timmProjection.utf8)), expected '\(timm.pool)' and null, as which alone "
          + "\(timm.name) is computed")
    }
    guard traits.activation == .gelu else {
      throw .unsupported(
        "'quick_gelu' is true: open_clip computes it in the texts alone of a model with timm's image encoder, here both "
          + "encoders have one activation")
    }
    traits.visionHeads = timm.heads
    traits.rotary = timm.rotary
    traits.hasNoPreNorm = timm.hasNoPreNorm
    traits.hasStem = timm.hasStem
    traits.visionEpsilon = timm.epsilon
    traits.poolHeads = timm.poolHeads
  }

  /// States the sizes that the tensors are held against.
  private mutating func state(_ vision: Vision, _ text: Text, _ embedding: Int?) throws(Failure) {
    // Sizes of timm's encoders are told by the tensors alone.
    let isOwn = vision.timm == nil
    let sizes: [(StatedSizes.Size, Int?, String)] = [
      (.imageSize, vision.imageSide, "vision_cfg.image_size"),
      (.patchSize, isOwn ? vision.patchSide : nil, "vision_cfg.patch_size"),
      (.visionWidth, isOwn ? vision.width : nil, "vision_cfg.width"),
      (.visionLayers, isOwn ? vision.layers : nil, "vision_cfg.layers"),
      (
        .visionHidden, try isOwn ? OpenCLIPConfiguration.hidden(vision.width, vision.ratio) : nil,
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
      case "timm_model_name":
        guard let name = try Configurations.text(&json), !name.isEmpty else { return }
        guard let timm = TimmEncoder.named(name) else {
          let known = TimmEncoder.all.map(\.name).joined(separator: ", ")
          throw .unsupported(
            "is \(quoted(name.utf8)), an image encoder of timm's that is not computed; computed are \(known)")
        }
        vision.timm = timm
      case "timm_pool": vision.timmPool = try Configurations.text(&json) ?? ""
      case "timm_proj": vision.timmProjection = try Configurations.text(&json) ?? ""
      case "pool_type":
        vision.poolsPatches = try isOther("avg", than: "tok", &json)
      case "final_ln_after_pool": vision.normalisesPooled = try Configurations.bool(&json) ?? false
      case "no_ln_pre": vision.hasNoPreNorm = try Configurations.bool(&json) ?? false
      // Either way the file has the numbers.
      case "pos_embed_type": try Configurations.expect(["learnable", "sin_cos_2d"], &json)
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
      case "pool_type": text.takesLast = try isOther("last", than: "argmax", &json)
      case "no_causal_mask": text.hasNoMask = try Configurations.bool(&json) ?? false
      case "proj_type": try Configurations.expect(["linear"], &json)
      case "hf_tokenizer_name": text.tokenizer = try Configurations.text(&json) ?? ""
      case "tokenizer_kwargs": text.stripsSeparator = try stripsSeparator(&json)
      default: try passOrRefuse(key, &json)
      }
    }
  }

  /// Whether a text is `other` and not `usual`; null is the usual one, and any other text is refused.
  private static func isOther(_ other: String, than usual: String, _ json: inout Reader) throws(Failure)
    -> Bool
  {
    guard let value = try Configurations.text(&json), value != usual else { return false }
    guard value == other else {
      throw .unsupported(
        "is \(quoted(value.utf8)), expected '\(usual)' or '\(other)', which alone are computed")
    }
    return true
  }

  /// Whether `tokenizer_kwargs` say that the mark at a text's end becomes padding, as CLIPA's texts have it.
  private static func stripsSeparator(_ json: inout Reader) throws(Failure) -> Bool {
    if try json.kind() == .null {
      try json.null()
      return false
    }
    var strips = false
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "strip_sep_token": strips = try Configurations.bool(&json) ?? false
      case "clean": try Configurations.expect(["whitespace"], &json)
      default: try Configurations.refuseUnknown(&json, of: "a tokenizer")
      }
    }
    return strips
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
      case "resize_mode": traits.squashes = try isOther("squash", than: "shortest", &json)
      case "interpolation":
        let filter = try Configurations.text(&json) ?? "bicubic"
        switch filter {
        case "bilinear": traits.filter = .bilinear
        // At inference open_clip takes 'random' for bicubic.
        case "bicubic", "random": traits.filter = .bicubic
        default:
          throw .unsupported(
            "is \(quoted(filter.utf8)), expected 'bicubic' or 'bilinear', which alone are computed")
        }
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
