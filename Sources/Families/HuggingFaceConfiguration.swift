import System
import Text
import Weights

/// config.json of a Hugging Face CLIP or X-CLIP. What it leaves out has the default of transformers' CLIPTextConfig and
/// CLIPVisionConfig, as its own writer leaves it out; those of X-CLIP are the same. Each key is done, harmless, or refused
/// by name. Source: transformers models/clip/configuration_clip.py, models/x_clip/configuration_x_clip.py,
/// configuration_utils.py.
struct HuggingFaceConfiguration {
  private(set) var traits = FamilyTraits()
  /// The ids at which a text may end: the text encoder's embedding is taken there; 2, of older files, means the
  /// largest.
  private(set) var endsOfText = [49_407]

  private typealias Reader = Configurations.Reader

  /// The settings of one encoder.
  private struct Tower {
    var common: TowerConfiguration
    var endsOfText: [Int]?
    // In X-CLIP's vision tower alone.
    var integrationHeads = 8
    var frames = 8
  }

  /// Whether a text's embedding is taken at the largest id whatever the file says, as in transformers' XCLIPTextModel.
  private let endsAtLargestID: Bool

  /// `isXCLIP` is what the tensors say.
  init(_ bytes: UnsafeRawBufferPointer, isXCLIP: Bool = false) throws(Failure) {
    endsAtLargestID = isXCLIP
    let expected = isXCLIP ? "xclip" : "clip"

    var json = Configurations.reader(bytes)
    var (text, vision) = (Tower(common: .clipText), Tower(common: .clipVision))
    // Older files say some things twice; as in transformers, the `_dict` has the last word.
    var (textDictionary, visionDictionary) = (text, vision)
    var (hasTextDictionary, hasVisionDictionary) = (false, false)
    var projection = 512
    var isCLIP = false
    var (promptAct, promptHeads): (String?, Int) = (nil, 8)
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "model_type":
        let type = try json.string(atMost: Configurations.maximumText)
        guard type == expected else {
          throw .unsupported("is \(quoted(type.utf8)), expected '\(expected)': another architecture")
        }
        isCLIP = true
      case "text_config": try HuggingFaceConfiguration.read(&json, into: &text)
      case "vision_config": try HuggingFaceConfiguration.read(&json, into: &vision)
      case "text_config_dict":
        hasTextDictionary = try HuggingFaceConfiguration.read(&json, into: &textDictionary)
      case "vision_config_dict":
        hasVisionDictionary = try HuggingFaceConfiguration.read(&json, into: &visionDictionary)
      case "projection_dim": projection = try Configurations.integer(&json) ?? projection
      case "prompt_hidden_act": promptAct = try Configurations.text(&json)
      case "prompt_num_attention_heads": promptHeads = try Configurations.integer(&json) ?? promptHeads
      // The weights have the trained scale and alpha, and the layers.
      case "logit_scale_init_value", "prompt_alpha", "prompt_layers": try Configurations.pass(&json)
      default: try HuggingFaceConfiguration.passOrRefuse(key, &json, of: "a CLIP's configuration")
      }
    }
    try json.finish()
    guard isCLIP else { throw .invalid("'model_type' is missing, expected '\(expected)'") }
    if hasTextDictionary { text = textDictionary }
    if hasVisionDictionary { vision = visionDictionary }
    try traits.add(text: text.common, vision: vision.common)
    if isXCLIP {
      let act = try TowerConfiguration.activation(promptAct ?? "quick_gelu")
      guard act == traits.activation else {
        throw .unsupported(
          "'prompt_hidden_act' is not the encoders' 'hidden_act', with which prompts are computed")
      }
      (traits.integrationHeads, traits.promptHeads) = (vision.integrationHeads, promptHeads)
      traits.state([(.frames, vision.frames, "vision_config.num_frames")])
    }
    traits.state([
      (.imageSize, vision.common.imageSide, "vision_config.image_size"),
      (.embeddingSize, projection, "projection_dim"),
    ])
    endsOfText = text.endsOfText ?? endsOfText
  }

  /// Reads an encoder's object into `tower`; false, with nothing changed, where the value is null.
  @discardableResult
  private static func read(_ json: inout Reader, into tower: inout Tower) throws(Failure) -> Bool {
    if try json.kind() == .null {
      try json.null()
      return false
    }
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      if try tower.common.take(key, &json) { return }
      switch key {
      case "eos_token_id": tower.endsOfText = try endsOfText(&json)
      case "model_type":
        try Configurations.expect(
          ["clip_text_model", "clip_vision_model", "clip", "xclip_text_model", "xclip_vision_model"], &json)
      case "mit_num_attention_heads":
        tower.integrationHeads = try Configurations.integer(&json) ?? tower.integrationHeads
      case "num_frames": tower.frames = try Configurations.integer(&json) ?? tower.frames
      // The tensors have these sizes.
      case "mit_hidden_size", "mit_intermediate_size", "mit_num_hidden_layers": try Configurations.pass(&json)
      // The two projections have the size that is said outside.
      case "projection_dim": try Configurations.pass(&json)
      default: try passOrRefuse(key, &json, of: "a CLIP's configuration")
      }
    }
    return true
  }

  /// A number or a list of them; nil for null.
  private static func endsOfText(_ json: inout Reader) throws(Failure) -> [Int]? {
    guard try json.kind() == .array else { return try Configurations.integer(&json).map { [$0] } }
    var ids: [Int] = []
    try json.beginArray()
    while try json.nextElement() {
      guard ids.count < 16 else { throw .limit("over 16 ids") }
      ids.append(try json.integer())
    }
    return ids
  }

  /// Passes over a key that changes no number, or refuses it. `what` names the kind of configuration.
  static func passOrRefuse(
    _ key: String, _ json: inout Configurations.Reader, of what: String
  ) throws(Failure) {
    switch key {
    case "quantization_config":
      try Configurations.refuseUnlessOff(&json, "quantised weights are not read; save the model unquantised")
    case "auto_map":
      try Configurations.refuseUnlessOff(&json, "names a program of the model's own, which is not run")
    case let key where harmless.contains(key): try Configurations.pass(&json)
    default: try Configurations.refuseUnknown(&json, of: what)
    }
  }

  /// Keys that change no number at inference: of training, of the program, of generating texts, and names.
  private static let harmless: Set<String> = [
    "_attn_implementation", "_attn_implementation_autoset", "_commit_hash", "_name_or_path", "architectures",
    "attention_dropout", "attn_implementation", "bad_words_ids", "begin_suppress_tokens", "bos_token_id",
    "chunk_size_feed_forward", "decoder_start_token_id", "diversity_penalty", "do_sample", "drop_path_rate",
    "dropout", "dtype",
    "early_stopping", "encoder_no_repeat_ngram_size", "exponential_decay_length_penalty", "finetuning_task",
    "forced_bos_token_id", "forced_eos_token_id", "gradient_checkpointing", "hidden_dropout_prob", "id2label",
    "initializer_factor", "initializer_range", "is_decoder", "is_encoder_decoder", "label2id",
    "length_penalty",
    "max_length", "min_length", "no_repeat_ngram_size", "num_beam_groups", "num_beams",
    "num_return_sequences",
    "output_attentions", "output_hidden_states", "output_scores", "pad_token_id", "prefix", "problem_type",
    "prompt_attention_dropout", "prompt_projection_dropout",
    "remove_invalid_values", "repetition_penalty", "return_dict", "return_dict_in_generate", "sep_token_id",
    "suppress_tokens", "task_specific_params", "temperature", "tf_legacy_loss", "tie_encoder_decoder",
    "tie_word_embeddings", "tokenizer_class", "top_k", "top_p", "torch_dtype", "torchscript",
    "transformers.js_config",
    "transformers_version", "typical_p", "use_bfloat16", "use_cache",
  ]

  /// The embedding is taken at the largest id of a text: that must be where the file means it.
  func check(vocabulary: Int) throws(Failure) {
    if endsAtLargestID { return }
    if !endsOfText.isEmpty, endsOfText.allSatisfy({ $0 == 2 || $0 == vocabulary - 1 }) { return }
    let shown = endsOfText.count == 1 ? "\(endsOfText[0])" : "\(endsOfText)"
    throw .unsupported(
      "'eos_token_id' is \(shown), but the text's end is looked for at the last id, "
        + "\(vocabulary - 1) of a vocabulary of \(vocabulary)")
  }
}
