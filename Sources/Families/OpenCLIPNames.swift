import System
import Text
import Weights

/// Properties of a model from its name in open_clip: "ViT-B-16", "ViT-B-32-quickgelu", or with the weights' tag after
/// a slash, "ViT-B-16/laion2b_s34b_b88k". Source: open_clip pretrained.py and its model_configs.
enum OpenCLIPNames {
  /// A tag that is not known is refused, unless the caller says which activation it is.
  static func traits(_ name: String, isActivationKnown: Bool = false) throws(Failure) -> FamilyTraits {
    let parts = name.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    // As open_clip takes them.
    let tag = parts.count > 1 ? String(parts[1].lowercased().map { $0 == "-" ? "_" : $0 }) : ""
    var architecture = parts[0]
    let isQuick = architecture.hasSuffix("-quickgelu")
    if isQuick { architecture.removeLast("-quickgelu".count) }
    guard let known = OpenCLIPArchitecture.named(architecture) else {
      let names = OpenCLIPArchitecture.all.map(\.name).sorted(by: bytesPrecede).joined(separator: ", ")
      throw .unsupported(
        "\(quoted(name.utf8)) is no model of open_clip's that is computed here: known are \(names), each also "
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
          + "activation, or say which it is (option activation)")
    }
    (traits.visionHeads, traits.textHeads) = (known.heads, known.textHeads)
    let sizes: [(StatedSizes.Size, Int, String)] = [
      (.visionWidth, known.width, "an image encoder of width"), (.patchSize, known.patch, "patches of"),
      (.textWidth, known.textWidth, "a text encoder of width"),
    ]
    for (size, value, what) in sizes {
      traits.sizes.add(size, value, "open_clip's \(quoted(name.utf8)) has \(what)")
    }
    if known.isCLIPA {
      (traits.poolsPatches, traits.hasNoPreNorm, traits.textsAreWhole) = (true, true, true)
      (traits.hasWordPieces, traits.squashes, traits.filter) = (true, true, .bilinear)
      (traits.mean, traits.std) = ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    }
    // Pictures are resized by the bicubic filter, mean and std are CLIP's.
    if tag == "dfn5b" { traits.squashes = true }
    if architecture == "ViT-L-14", tag == "laion2b_s32b_b82k" {
      traits.mean = [0.5, 0.5, 0.5]
      traits.std = [0.5, 0.5, 0.5]
    }
    return traits
  }

  /// How tags of weights begin that were trained with the architecture's own activation.
  private static let plainTags = ["laion", "datacomp", "commonpool_", "metaclip_altogether", "dfn2b_s39b"]

  /// Weights that were trained with QuickGELU, whatever the architecture's own is.
  private static let quickTags: Set<String> = [
    "openai", "metaclip_400m", "metaclip_fullcc", "dfn2b", "dfn5b",
  ]
}
