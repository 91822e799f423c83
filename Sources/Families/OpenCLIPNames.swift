import Text
import Weights

/// What a model's name in open_clip says: "ViT-B-16", "ViT-B-32-quickgelu", or with the weights' tag after a
/// slash, "ViT-B-16/laion2b_s34b_b88k". Source: open_clip pretrained.py and its model_configs.
enum OpenCLIPNames {
  /// A tag that is not known is refused, unless the caller says which activation it is.
  static func traits(_ name: String, isActivationKnown: Bool = false) throws(WeightsError) -> FamilyTraits {
    let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    // As open_clip takes them.
    let tag = parts.count > 1 ? String(parts[1].lowercased().map { $0 == "-" ? "_" : $0 }) : ""
    var architecture = parts[0]
    let isQuick = architecture.hasSuffix("-quickgelu")
    if isQuick { architecture.removeLast("-quickgelu".count) }
    guard let heads = architectures[architecture] else {
      let known = architectures.keys.sorted().joined(separator: ", ")
      throw .unsupported(
        "\(quoted(name.utf8)) is no model of open_clip's that is computed here: known are \(known), each also "
          + "with -quickgelu, and with the weights' tag after a slash")
    }
    var traits = FamilyTraits()
    let trainedQuick =
      quickTags.contains(tag) || tag.hasPrefix("laion400m_") && architecture == "ViT-B-32"
    if tag.isEmpty || isQuick || trainedQuick || plainTags.contains(where: { tag.hasPrefix($0) }) {
      traits.activation = isQuick || trainedQuick ? .quickGELU : .gelu
    } else if !isActivationKnown {
      throw .unsupported(
        "\(quoted(name.utf8)): the tag \(quoted(tag.utf8)) is not known; leave it out for the architecture's own "
          + "activation, or say which it is (activation, --activation)")
    }
    // 0: as in CLIP, one for each 64 numbers.
    if heads > 0 { traits.visionHeads = heads }
    traits.visionWidth = widths[architecture]
    if tag == "dfn5b" {
      throw .unsupported(
        "\(quoted(name.utf8)): its pictures are squashed to a square, which is not computed; give the architecture "
          + "alone, ViT-H-14-quickgelu, and square pictures")
    }
    if architecture == "ViT-L-14", tag == "laion2b_s32b_b82k" {
      traits.mean = [0.5, 0.5, 0.5]
      traits.std = [0.5, 0.5, 0.5]
    }
    return traits
  }

  /// Heads of the image encoder where they are not of 64 numbers.
  private static let architectures: [String: Int] = [
    "ViT-S-32": 0, "ViT-S-16": 0, "ViT-M-32": 0, "ViT-M-16": 0, "ViT-B-32": 0, "ViT-B-32-256": 0,
    "ViT-B-32-plus-256": 0, "ViT-B-16": 0, "ViT-B-16-plus": 0, "ViT-B-16-plus-240": 0, "ViT-L-16": 0,
    "ViT-L-16-320": 0, "ViT-L-14": 0, "ViT-L-14-280": 0, "ViT-L-14-336": 0, "ViT-H-16": 16, "ViT-H-14": 16,
    "ViT-H-14-378": 16, "ViT-g-14": 16, "ViT-bigG-14": 16, "ViT-e-14": 16,
  ]

  /// Of the image encoders whose heads are not of 64 numbers.
  private static let widths: [String: Int] = [
    "ViT-H-16": 1280, "ViT-H-14": 1280, "ViT-H-14-378": 1280, "ViT-g-14": 1408, "ViT-bigG-14": 1664,
    "ViT-e-14": 1792,
  ]

  /// How tags of weights begin that were trained with the architecture's own activation.
  private static let plainTags = ["laion", "datacomp", "commonpool_", "metaclip_altogether", "dfn2b_s39b"]

  /// Weights that were trained with QuickGELU, whatever the architecture's own is.
  private static let quickTags: Set<String> = [
    "openai", "metaclip_400m", "metaclip_fullcc", "dfn2b", "dfn5b",
  ]
}
