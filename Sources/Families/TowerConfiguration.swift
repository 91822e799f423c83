import System
import Text
import Weights

/// The settings that an encoder has in transformers' configurations of CLIP, X-CLIP and SigLIP alike.
struct TowerConfiguration {
  var hiddenAct: String
  var epsilon: Double
  var heads: Int
  var width: Int
  var hidden: Int
  var layers = 12
  // The vision tower.
  var imageSide = 224
  var patchSide: Int
  var channels = 3
  // The text tower.
  var vocabulary: Int
  var context: Int

  /// The defaults of CLIPTextConfig, and of XCLIPTextConfig.
  static let clipText = TowerConfiguration(
    hiddenAct: "quick_gelu", epsilon: 1e-5, heads: 8, width: 512, hidden: 2048, patchSide: 32,
    vocabulary: 49_408, context: 77)
  /// The defaults of CLIPVisionConfig, and of XCLIPVisionConfig.
  static let clipVision = TowerConfiguration(
    hiddenAct: "quick_gelu", epsilon: 1e-5, heads: 12, width: 768, hidden: 3072, patchSide: 32,
    vocabulary: 49_408, context: 77)
  /// The defaults of SiglipTextConfig and SiglipVisionConfig.
  static let sigLIP = TowerConfiguration(
    hiddenAct: "gelu_pytorch_tanh", epsilon: 1e-6, heads: 12, width: 768, hidden: 3072, patchSide: 16,
    vocabulary: 32_000, context: 64)

  /// Reads the value of a key; false, with nothing read, where it is none of these settings.
  mutating func take(_ key: String, _ json: inout Configurations.Reader) throws(Failure) -> Bool {
    switch key {
    case "hidden_act": hiddenAct = try json.string(atMost: Configurations.maximumText)
    case "layer_norm_eps": epsilon = try Configurations.number(&json) ?? epsilon
    case "hidden_size": width = try json.integer()
    case "intermediate_size": hidden = try json.integer()
    case "num_hidden_layers": layers = try json.integer()
    case "num_attention_heads": heads = try json.integer()
    case "image_size": imageSide = try Configurations.side(&json) ?? imageSide
    case "patch_size": patchSide = try Configurations.side(&json) ?? patchSide
    case "num_channels": channels = try json.integer()
    case "vocab_size": vocabulary = try json.integer()
    case "max_position_embeddings": context = try json.integer()
    default: return false
    }
    return true
  }

  /// The encoders' activation by its name in transformers.
  static func activation(_ name: String) throws(Failure) -> FamilyTraits.Activation {
    switch name {
    case "quick_gelu": return .quickGELU
    // Two programs for the same function.
    case "gelu", "gelu_python": return .gelu
    case "gelu_pytorch_tanh": return .tanhGELU
    default:
      throw .unsupported(
        "'hidden_act' is \(quoted(name.utf8)); 'quick_gelu', 'gelu' and 'gelu_pytorch_tanh' are computed")
    }
  }
}

extension FamilyTraits {
  /// Adds what config.json says of both encoders. Fails where they differ in what is one setting here.
  mutating func add(text: TowerConfiguration, vision: TowerConfiguration) throws(Failure) {
    for tower in [text, vision] {
      try agree(\.activation, TowerConfiguration.activation(tower.hiddenAct), "'hidden_act'")
      try agree(\.epsilon, Float(tower.epsilon), "'layer_norm_eps'")
    }
    guard vision.channels == 3 else {
      throw .unsupported("'num_channels' is \(vision.channels), expected 3: pictures of red, green and blue")
    }
    (textHeads, visionHeads) = (text.heads, vision.heads)
    state([
      (.patchSize, vision.patchSide, "vision_config.patch_size"),
      (.visionWidth, vision.width, "vision_config.hidden_size"),
      (.visionLayers, vision.layers, "vision_config.num_hidden_layers"),
      (.visionHidden, vision.hidden, "vision_config.intermediate_size"),
      (.textWidth, text.width, "text_config.hidden_size"),
      (.textLayers, text.layers, "text_config.num_hidden_layers"),
      (.textHidden, text.hidden, "text_config.intermediate_size"),
      (.contextLength, text.context, "text_config.max_position_embeddings"),
      (.vocabularySize, text.vocabulary, "text_config.vocab_size"),
    ])
  }

  /// States sizes of config.json, each with its key, that the tensors are held against.
  mutating func state(_ stated: [(size: StatedSizes.Size, value: Int, key: String)]) {
    for (size, value, key) in stated { sizes.add(size, value, "config.json says that '\(key)' is") }
  }
}
