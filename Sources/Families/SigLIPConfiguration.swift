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
    var common = TowerConfiguration.sigLIP
    /// Numbers of a text's embedding; nil: as many as the width.
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
    try traits.add(text: text.common, vision: vision.common)
    traits.imageSize = vision.common.imageSide
    let (ofTexts, ofPictures) = (text.projection ?? text.common.width, vision.common.width)
    guard ofTexts == ofPictures else {
      throw .unsupported(
        "texts have embeddings of \(ofTexts) numbers ('projection_size'), and pictures of \(ofPictures) "
          + "('hidden_size')")
    }
  }

  private static func read(_ json: inout Reader, into tower: inout Tower) throws(Failure) {
    if try json.kind() == .null { return try json.null() }
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      if try tower.common.take(key, &json) { return }
      switch key {
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
