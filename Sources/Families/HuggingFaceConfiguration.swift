import Text
import Weights

/// config.json of a Hugging Face CLIP. What it leaves out has the default of transformers' CLIPTextConfig and
/// CLIPVisionConfig, as its own writer leaves it out. Source: transformers models/clip/configuration_clip.py.
struct HuggingFaceConfiguration {
  private(set) var traits = FamilyTraits()
  /// The id at which the text encoder's embedding is taken; 2, of older files, means the largest.
  private(set) var endOfText = 49_407

  private struct Tower {
    var hiddenAct = "quick_gelu"
    var epsilon = 1e-5
    var heads: Int
    var width: Int
    var endOfText: Int?
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
    var json = Configurations.reader(bytes)
    var (text, vision) = (Tower(heads: 8, width: 512), Tower(heads: 12, width: 768))
    // Older files say some things twice; as in transformers, the `_dict` has the last word.
    var (textDictionary, visionDictionary) = (text, vision)
    var (hasTextDictionary, hasVisionDictionary) = (false, false)
    var isCLIP = false
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      switch key {
      case "model_type":
        let type = try json.string(atMost: Configurations.maximumText)
        guard type == "clip" else {
          throw .unsupported("is \(quoted(type.utf8)), expected 'clip': another architecture")
        }
        isCLIP = true
      case "text_config": try HuggingFaceConfiguration.read(&json, into: &text)
      case "vision_config": try HuggingFaceConfiguration.read(&json, into: &vision)
      case "text_config_dict":
        hasTextDictionary = try HuggingFaceConfiguration.read(&json, into: &textDictionary)
      case "vision_config_dict":
        hasVisionDictionary = try HuggingFaceConfiguration.read(&json, into: &visionDictionary)
      default: try json.skip(atMost: Configurations.maximumText)
      }
    }
    try json.finish()
    guard isCLIP else { throw .invalid("'model_type' is missing, expected 'clip'") }
    if hasTextDictionary { text = textDictionary }
    if hasVisionDictionary { vision = visionDictionary }
    for tower in [text, vision] {
      try traits.agree(\.activation, HuggingFaceConfiguration.activation(tower.hiddenAct), "'hidden_act'")
      try traits.agree(\.epsilon, Float(tower.epsilon), "'layer_norm_eps'")
    }
    (traits.textWidth, traits.visionWidth) = (text.width, vision.width)
    traits.textHeads = text.heads
    traits.visionHeads = vision.heads
    endOfText = text.endOfText ?? endOfText
  }

  /// False for null.
  @discardableResult
  private static func read(
    _ json: inout Configurations.Reader, into tower: inout Tower
  ) throws(WeightsError) -> Bool {
    if try json.kind() == .null {
      try json.null()
      return false
    }
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      switch key {
      case "hidden_act": tower.hiddenAct = try json.string(atMost: Configurations.maximumText)
      case "layer_norm_eps": tower.epsilon = try json.number()
      case "hidden_size": tower.width = try json.integer()
      case "num_attention_heads": tower.heads = try json.integer()
      case "eos_token_id": tower.endOfText = try Configurations.integer(&json)
      default: try json.skip(atMost: Configurations.maximumText)
      }
    }
    return true
  }

  private static func activation(_ name: String) throws(WeightsError) -> FamilyTraits.Activation {
    switch name {
    case "quick_gelu": return .quickGELU
    case "gelu": return .gelu
    default:
      throw .unsupported("'hidden_act' is \(quoted(name.utf8)); 'quick_gelu' and 'gelu' are computed")
    }
  }

  /// preprocessor_config.json: the mean and std of pixels.
  mutating func addPreprocessing(_ bytes: UnsafeRawBufferPointer) throws(WeightsError) {
    var json = Configurations.reader(bytes)
    var (mean, std): ([Float]?, [Float]?) = (nil, nil)
    try Configurations.forEachKey(&json) { (key, json) throws(WeightsError) in
      switch key {
      case "image_mean": mean = try Configurations.channels(&json)
      case "image_std": std = try Configurations.channels(&json)
      default: try json.skip(atMost: Configurations.maximumText)
      }
    }
    try json.finish()
    (traits.mean, traits.std) = (mean, std)
  }

  /// The embedding is taken at the largest id of a text: that must be where the file means it.
  func check(vocabulary: Int) throws(WeightsError) {
    guard endOfText == 2 || endOfText == vocabulary - 1 else {
      throw .unsupported(
        "'eos_token_id' is \(endOfText), but the text's end is looked for at the last id, "
          + "\(vocabulary - 1) of a vocabulary of \(vocabulary)")
    }
  }
}
