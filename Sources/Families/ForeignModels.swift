import System
import Text
import Weights

/// Folders of transformers' models that are not read, named by what their config.json says of them.
enum ForeignModels {
  /// The advice that every refusal ends with.
  private static let advice =
    "folders of a CLIPModel are read, such as openai/clip-vit-base-patch16 or one fine-tuned from it, and of an "
    + "XCLIPModel or a SiglipModel"

  private static let pictures = "encodes pictures and knows no texts"
  private static let videos = "tells the classes apart that it was trained on, and knows no texts"
  private static let both = "compares pictures and texts, but is built otherwise than CLIP"
  private static let writes = "writes texts about pictures"

  /// Models that are not read, by the `model_type` of their config.json: the name for messages, and what each computes.
  private static let known: [String: (name: String, does: String)] = [
    "align": ("ALIGN", both), "altclip": ("AltCLIP", both), "beit": ("BEiT", pictures),
    "blip": ("BLIP", writes),
    "blip-2": ("BLIP-2", writes), "blip_2": ("BLIP-2", writes), "bridgetower": ("BridgeTower", both),
    "chinese_clip": ("Chinese-CLIP", both), "clap": ("CLAP", "compares sounds and texts"),
    "clipseg": ("CLIPSeg", "marks in a picture what a text names"),
    "clvp": ("CLVP", "compares speech and texts"),
    "data2vec-vision": ("Data2Vec", pictures), "deit": ("DeiT", pictures), "dinov2": ("DINOv2", pictures),
    "dinov2_with_registers": ("DINOv2", pictures), "dinov3_vit": ("DINOv3", pictures),
    "flava": ("FLAVA", both),
    "git": ("GIT", writes), "groupvit": ("GroupViT", both), "ijepa": ("I-JEPA", pictures),
    "llava": ("LLaVA", writes),
    "metaclip_2": ("MetaCLIP 2", "compares pictures and texts, but not by CLIP's tokenizer"),
    "mobilenet_v2": ("MobileNet", pictures), "owlv2": ("OWLv2", "finds in a picture what a text names"),
    "owlvit": ("OWL-ViT", "finds in a picture what a text names"), "resnet": ("ResNet", pictures),
    "siglip2": (
      "SigLIP 2 NaFlex", "takes pictures of any shape; SigLIP 2 of one size says 'siglip', and is read"
    ),
    "swin": ("Swin", pictures),
    "timesformer": ("TimeSformer", videos), "video_llava": ("Video-LLaVA", writes),
    "videomae": ("VideoMAE", videos),
    "vilt": ("ViLT", both), "vision-text-dual-encoder": ("a pair of encoders", both),
    "vit": ("ViT", pictures),
    "vit_mae": ("ViT-MAE", pictures), "vivit": ("ViViT", videos), "vjepa2": ("V-JEPA 2", videos),
  ]

  /// Parts of a CLIP that are saved as models of their own.
  private static let parts: [String: String] = [
    "CLIPTextModel": "the text encoder of a CLIP alone",
    "CLIPTextModelWithProjection": "the text encoder of a CLIP alone",
    "CLIPVisionModel": "the image encoder of a CLIP alone",
    "CLIPVisionModelWithProjection": "the image encoder of a CLIP alone",
    "SiglipTextModel": "the text encoder of a SigLIP alone",
    "SiglipVisionModel": "the image encoder of a SigLIP alone",
    "SiglipForImageClassification": "the image encoder of a SigLIP with a classifier of its own classes",
    "CLIPForImageClassification":
      "the image encoder of a CLIP with a classifier of its own classes, without the text encoder",
  ]

  /// Tokenizers that make other ids than CLIP's, by their number of tokens.
  private static let vocabularies: [Int: String] = [
    21_128: "Chinese BERT's", 30_522: "BERT's",
    32_000: "BERT's, as in CLIPA, which is read with its open_clip_config.json or its name in open_clip",
    32_128: "T5's",
    50_265: "RoBERTa's", 250_002: "XLM-RoBERTa's", 250_100: "mT5's (MetaCLIP 2 worldwide)", 250_112: "mT5's",
    256_000: "Gemma's", 901_629: "XLM-V's (MetaCLIP 2 worldwide)",
  ]

  /// Ids of CLIP's tokenizer would be other words to such a text encoder.
  static func check(vocabulary rows: Int) throws(Failure) {
    guard let whose = vocabularies[rows] else { return }
    throw .unsupported(
      "tensor 'token_embedding.weight' has \(rows) rows, the vocabulary of another tokenizer than CLIP's: \(whose); "
        + "texts cannot be made into its ids here")
  }

  /// Refuses the folder of a config.json that says it is something else than a model that is read. One that does not
  /// say is left to those who read it.
  static func check(_ bytes: UnsafeRawBufferPointer) throws(Failure) {
    var json = Configurations.reader(bytes)
    var (type, classes): (String?, [String]) = (nil, [])
    try Configurations.forEachKey(&json) { (key, json) throws(Failure) in
      switch key {
      case "model_type": type = try Configurations.text(&json)
      case "architectures":
        if try json.kind() == .null { return try json.null() }
        try json.beginArray()
        while try json.nextElement() {
          guard classes.count < 16 else { throw .limit("over 16 classes") }
          classes.append(try json.string(atMost: Configurations.maximumText))
        }
      default: try Configurations.pass(&json)
      }
    }
    try json.finish()
    for name in classes {
      guard let part = parts[name] else { continue }
      let whole = name.hasPrefix("Siglip") ? "SiglipModel" : "CLIPModel"
      throw .unsupported(
        "a \(name), \(part): save the \(whole) that it was taken from (\(whole).save_pretrained); \(advice)"
      )
    }
    guard let type, type != "clip", type != "xclip", type != "siglip" else { return }
    let shown = classes.first.map { " (\(printable($0.utf8, limit: 64)))" } ?? ""
    switch type {
    case "clip_text_model", "xclip_text_model":
      throw .unsupported("the text encoder of a CLIP alone\(shown); \(advice)")
    case "clip_vision_model", "xclip_vision_model":
      throw .unsupported("the image encoder of a CLIP alone\(shown); \(advice)")
    default:
      let model = known[type]
      throw .unsupported(
        "'model_type' is \(quoted(type.utf8))\(shown), expected 'clip', 'xclip' or 'siglip': this is "
          + (model.map { "\($0.name), which \($0.does)" } ?? "another architecture") + "; \(advice)")
    }
  }
}
