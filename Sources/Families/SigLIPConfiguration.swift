import System
import Text
import Weights

/// config.json of a SigLIP, or of a SigLIP 2 of pictures of one size, which says 'siglip' too. What it leaves out has
/// the default of transformers' SiglipTextConfig and SiglipVisionConfig. Each key is done, harmless, or refused by name.
/// Source: transformers models/siglip/configuration_siglip.py.
struct SigLIPConfiguration {
  private(set) var traits = FamilyTraits()

  private typealias Reader = Configurations.Reader

  /// The settings of one encoder.
  private struct Tower {
    var hiddenAct = "gelu_pytorch_tanh"
    var epsilon = 1e-6
    var (heads, width, hidden, layers) = (12, 768, 3072, 12)
    // The vision tower.
    var (imageSide, patchSide, channels) = (224, 16, 3)
    // The text tower.
    var (vocabulary, context) = (32_000, 64)
    var projection: Int?
  }

  init(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    var json = Configurations.reader(bytes)
    var (text, vision) = (Tower(), Tower())
    var isSigLIP = false
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "model_type":
        try Configurations.expect(["siglip"], &json)
        isSigLIP = true
      case "text_config": try SigLIPConfiguration.read(&json, into: &text)
      case "vision_config": try SigLIPConfiguration.read(&json, into: &vision)
      default: try SigLIPConfiguration.passOrRefuse(key, &json)
      }
    }
    try json.finish()
    guard isSigLIP else { throw .invalid("'model_type' is missing, expected 'siglip'") }
    for tower in [text, vision] {
      try traits.agree(
        \.activation, HuggingFaceConfiguration.activation(tower.hiddenAct), "'hidden_act'")
      try traits.agree(\.epsilon, Float(tower.epsilon), "'layer_norm_eps'")
    }
    guard vision.channels == 3 else {
      throw .unsupported("'num_channels' is \(vision.channels), expected 3: pictures of red, green and blue")
    }
    guard text.projection ?? text.width == vision.width else {
      throw .unsupported(
        "texts have embeddings of \(text.projection ?? text.width) numbers ('projection_size'), and pictures of "
          + "\(vision.width) ('hidden_size')")
    }
    (traits.textHeads, traits.visionHeads) = (text.heads, vision.heads)
    traits.imageSize = vision.imageSide
    state(text, vision)
  }

  /// States the sizes that the tensors are held against.
  private mutating func state(_ text: Tower, _ vision: Tower) {
    let sizes: [(StatedSizes.Size, Int, String)] = [
      (.patchSize, vision.patchSide, "vision_config.patch_size"),
      (.visionWidth, vision.width, "vision_config.hidden_size"),
      (.visionLayers, vision.layers, "vision_config.num_hidden_layers"),
      (.visionHidden, vision.hidden, "vision_config.intermediate_size"),
      (.textWidth, text.width, "text_config.hidden_size"),
      (.textLayers, text.layers, "text_config.num_hidden_layers"),
      (.textHidden, text.hidden, "text_config.intermediate_size"),
      (.contextLength, text.context, "text_config.max_position_embeddings"),
      (.vocabularySize, text.vocabulary, "text_config.vocab_size"),
    ]
    for (size, value, key) in sizes { traits.sizes.add(size, value, "config.json says that '\(key)' is") }
  }

  private static func read(_ json: inout Reader, into tower: inout Tower) throws(Failure) {
    if try json.kind() == .null { return try json.null() }
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "hidden_act": tower.hiddenAct = try json.string(atMost: Configurations.maximumText)
      case "layer_norm_eps": tower.epsilon = try Configurations.number(&json) ?? tower.epsilon
      case "hidden_size": tower.width = try json.integer()
      case "intermediate_size": tower.hidden = try json.integer()
      case "num_hidden_layers": tower.layers = try json.integer()
      case "num_attention_heads": tower.heads = try json.integer()
      case "image_size": tower.imageSide = try Configurations.side(&json) ?? tower.imageSide
      case "patch_size": tower.patchSide = try Configurations.side(&json) ?? tower.patchSide
      case "num_channels": tower.channels = try json.integer()
      case "vocab_size": tower.vocabulary = try json.integer()
      case "max_position_embeddings": tower.context = try json.integer()
      case "projection_size": tower.projection = try Configurations.integer(&json)
      case "vision_use_head":
        try Configurations.expect(true, &json, "without its head no embedding is made of patches")
      case "eos_token_id": try Configurations.pass(&json)  // the last token is taken, whatever it is
      case "model_type": try Configurations.expect(["siglip_text_model", "siglip_vision_model"], &json)
      default: try passOrRefuse(key, &json)
      }
    }
  }

  private static func passOrRefuse(_ key: String, _ json: inout Reader) throws(Failure) {
    try HuggingFaceConfiguration.passOrRefuse(key, &json, of: "a SigLIP's configuration")
  }
}
