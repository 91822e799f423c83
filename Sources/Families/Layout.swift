import System
import Text
import Weights

/// How a checkpoint's names stand for the reference's: the family, and what comes before its names.
///
/// One tensor tells it, the patch embedding's weight: every checkpoint has it exactly once, and each layout has its own name
/// for it.
struct Layout {
  let family: Family
  /// The prefix of the model's names: "model.", "module.", ….
  let prefix: String
  /// False where no name tells a layout.
  let isKnown: Bool

  private static let anchors: [(ending: String, family: Family)] = [
    ("visual.conv1.weight", .clip),
    ("vision_model.embeddings.patch_embedding.weight", .huggingFace),
    ("image_encoder.conv1.weight", .viFiCLIP),
    (TimmNames.trunk + "patch_embed.proj.weight", .openCLIPTimm),
    (StemTensors.mark, .openCLIPTimm),
  ]

  /// Wrappers whose names say nothing: of torch's parallel and compiled modules, and of programs that keep
  /// the network as a part of another.
  static let wrappers = ["module.", "model.", "_orig_mod.", "clip.", "clip_model."]

  /// `sections` are the dicts at a checkpoint's top.
  init(_ names: [String], sections: [String] = []) throws(Failure) {
    var found: [(anchor: String, prefix: String, family: Family)] = []
    for name in names {
      for (ending, family) in Layout.anchors where name.utf8.count >= ending.utf8.count {
        guard name.utf8.suffix(ending.utf8.count).elementsEqual(ending.utf8) else { continue }
        found.append((name, String(Substring(name.utf8.dropLast(ending.utf8.count))), family))
      }
    }
    // Open-VCLIP may keep the CLIP that it started from beside the one that it trained.
    let isOpenVCLIP = found.contains { $0.prefix.utf8.elementsEqual("raw_model.".utf8) }
    if isOpenVCLIP { found.removeAll { $0.prefix.utf8.elementsEqual("raw_model.".utf8) } }
    // A Swin embeds patches under the same name, but its blocks lie deeper.
    let isTimms = found.contains {
      $0.family == .openCLIPTimm && names.contains($0.prefix + TimmNames.trunk + "blocks.0.norm1.weight")
    }
    try Layout.refuseForeign(names, isTimms: isTimms)
    guard let (_, prefix, family) = found.first else {
      guard !names.contains(where: { $0.hasPrefix("vision_model.") || $0.hasPrefix("text_model.") }) else {
        throw Failure(
          .missingTensor,
          "the file holds a part of a Hugging Face CLIP, without its patch embedding: give the folder, or the "
            + "model.safetensors.index.json that names all parts")
      }
      // The model will say which tensor it misses.
      (self.family, self.prefix, isKnown) = (.clip, "", false)
      return
    }
    guard found.count == 1 else {
      let anchors = found.prefix(3).map { quoted($0.anchor.utf8) }.joined(separator: ", ")
      throw .unsupported("the file holds \(found.count) image encoders, with \(anchors): keep one of them")
    }
    guard Layout.isWrapper(prefix) else {
      throw .unsupported(
        "the image encoder's tensors lie under \(quoted(prefix.utf8)), which is the name of no wrapper known "
          + "here; save the CLIP model's own state_dict()")
    }
    self.prefix = prefix
    isKnown = true
    // Checkpoints of its training and its averaged weights (swa_*.pth) keep the CLIP in a dict with SlowFast's name.
    let isSlowFasts = family == .clip && prefix == "model." && sections.contains("model_state")
    if isOpenVCLIP || isSlowFasts {
      self.family = .openVCLIP
    } else if family == .clip, prefix == "clip.", names.contains(where: { $0.hasPrefix("adapter.") }) {
      self.family = .mmaction2
    } else {
      self.family = Layout.refined(names, prefix, family)
    }
  }

  /// The family of a CLIP whose texts a video moves, X-CLIP in either form, and of a SigLIP in Hugging Face's.
  private static func refined(_ names: [String], _ prefix: String, _ family: Family) -> Family {
    if family == .huggingFace, names.contains(prefix + SigLIPNames.probe) { return .sigLIP }
    guard family == .clip || family == .huggingFace, names.contains(prefix + "prompts_generator.alpha") else {
      return family
    }
    return family == .clip ? .xclip : .huggingFaceXCLIP
  }

  private static func isWrapper(_ prefix: String) -> Bool {
    var rest = prefix
    while !rest.isEmpty {
      guard let wrapper = wrappers.first(where: { rest.utf8.starts(with: $0.utf8) }) else { return false }
      rest = String(Substring(rest.utf8.dropFirst(wrapper.utf8.count)))
    }
    return true
  }

  /// Networks that are something else than CLIP, by a tensor that gives them away. `isTimms`: the image encoder may be
  /// one of those of timm's that are computed.
  private static func refuseForeign(_ names: [String], isTimms: Bool) throws(Failure) {
    for name in names {
      let (isLoRAs, what) = Array(name.utf8).withUnsafeBufferPointer { name in
        (loRA.contains { isMarked(name, $0) }, foreign.first { isMarked(name, $0.mark) }?.what)
      }
      guard !isLoRAs else {
        throw .unsupported(
          "it has LoRA matrices (\(quoted(name.utf8))), and nothing that says how they are weighed: give the folder "
            + "with adapter_config.json that peft's save_pretrained writes, or merge them first (merge_and_unload)"
        )
      }
      guard let what, !isTimms || what != othersOfTimm else { continue }
      if what == othersOfTimm, let mixer = names.first(where: { $0.utf8Contains(".token_mixer.") }) {
        throw .unsupported(
          "this is an open_clip model with a convolutional image encoder (FastViT, of MobileCLIP-S0 to S4; it has "
            + "\(quoted(mixer.utf8))), which is not read\(readMobileCLIPs)")
      }
      let others = what == ownMobileCLIP ? readMobileCLIPs : ""
      throw .unsupported("this is \(what) (it has \(quoted(name.utf8))), which is not read\(others)")
    }
  }

  private static let loRA = [Array(".lora_A".utf8), Array(".lora_B".utf8)]

  /// Whether the mark is in the name, from a part's beginning on.
  private static func isMarked(_ name: UnsafeBufferPointer<UInt8>, _ mark: [UInt8]) -> Bool {
    guard mark.count <= name.count else { return false }
    for place in 0...name.count - mark.count
    where name[place] == mark[0] && (place == 0 || mark[0] == dot || name[place - 1] == dot) {
      if name[place..<place + mark.count].elementsEqual(mark) { return true }
    }
    return false
  }

  private static let dot = UInt8(ascii: ".")

  private static let othersOfTimm =
    "an open_clip model with another image encoder of timm's than EVA02, PE, CLIP's and MobileCLIP-B's"

  private static let ownMobileCLIP = "a MobileCLIP in its own program's layout"
  /// The end of a refusal of other MobileCLIPs.
  private static let readMobileCLIPs =
    "; open_clip's folders of MobileCLIP-B, MobileCLIP2-B and MobileCLIP2-L-14 are"

  private static let foreign: [(mark: [UInt8], what: String)] = [
    (Array("visual.layer1.0.conv1.weight".utf8), "a CLIP with a ResNet image encoder"),
    (Array("visual.attnpool.".utf8), "a CLIP with a ResNet image encoder"),
    (Array("visual.patch_embed.".utf8), "an EVA-CLIP, another architecture"),
    (Array("vision_model.encoder.stages.".utf8), "GroupViT, another architecture"),
    (Array("videomae.embeddings.".utf8), "VideoMAE, which knows no texts"),
    (Array("timesformer.embeddings.".utf8), "TimeSformer, which knows no texts"),
    (Array("vivit.embeddings.".utf8), "ViViT, which knows no texts"),
    (Array("vit.embeddings.".utf8), "ViT, which knows no texts"),
    (
      Array("text_model.encoder.layer.".utf8),
      "a model whose texts are encoded by BERT (ALIGN, FLAVA, Chinese-CLIP)"
    ),
    (Array("bert.encoder.layer.".utf8), "a model whose texts are encoded by BERT (Chinese-CLIP, BLIP)"),
    (Array("text_encoder.encoder.layer.".utf8), "BLIP, another architecture"),
    (
      Array("text.transformer.embeddings.".utf8),
      "an open_clip model whose texts are encoded by another network"
    ),
    (Array(TimmNames.trunk.utf8), othersOfTimm),
    (Array("image_encoder.model.".utf8), ownMobileCLIP),
    (Array("visual.attn_pool.".utf8), "an open_clip model that pools by attention (CoCa)"),
    (Array(".S_Adapter.".utf8), "a CLIP with adapters between its layers (EZ-CLIP, AIM)"),
    (Array(".T_Adapter".utf8), "a CLIP with adapters between its layers (EZ-CLIP, AIM)"),
    (Array(".stadapt_".utf8), "a CLIP with space-time adapters"),
  ]
}
