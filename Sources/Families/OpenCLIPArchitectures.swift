/// Sizes of the models that open_clip has under a name and that are computed here. Source: its model_configs.
struct OpenCLIPArchitecture: Sendable {
  let name: String
  let patch: Int
  let width: Int
  let layers: Int
  let heads: Int
  let textWidth: Int
  let textLayers: Int
  let textHeads: Int
  /// Whether it is a CLIPA: patches are pooled, texts are seen whole and made of BERT's word pieces.
  var isCLIPA: Bool { name.hasSuffix("-CLIPA") || name.hasSuffix("-CLIPA-336") }

  private init(
    _ name: String, patch: Int, _ vision: (width: Int, layers: Int, heads: Int),
    text: (width: Int, layers: Int, heads: Int) = (512, 12, 8)
  ) {
    self.name = name
    self.patch = patch
    (width, layers, heads) = vision
    (textWidth, textLayers, textHeads) = text
  }

  static let all: [OpenCLIPArchitecture] = [
    OpenCLIPArchitecture("ViT-S-32", patch: 32, (384, 12, 6), text: (384, 12, 6)),
    OpenCLIPArchitecture("ViT-S-32-alt", patch: 32, (384, 12, 6), text: (256, 10, 4)),
    OpenCLIPArchitecture("ViT-S-16", patch: 16, (384, 12, 6), text: (384, 12, 6)),
    OpenCLIPArchitecture("ViT-S-16-alt", patch: 16, (384, 12, 6), text: (256, 10, 4)),
    OpenCLIPArchitecture("ViT-M-32", patch: 32, (512, 12, 8)),
    OpenCLIPArchitecture("ViT-M-32-alt", patch: 32, (512, 12, 8), text: (384, 12, 6)),
    OpenCLIPArchitecture("ViT-M-16", patch: 16, (512, 12, 8)),
    OpenCLIPArchitecture("ViT-M-16-alt", patch: 16, (512, 12, 8), text: (384, 12, 6)),
    OpenCLIPArchitecture("ViT-B-32", patch: 32, (768, 12, 12)),
    OpenCLIPArchitecture("ViT-B-32-256", patch: 32, (768, 12, 12)),
    OpenCLIPArchitecture("ViT-B-32-plus-256", patch: 32, (896, 12, 14), text: (640, 12, 10)),
    OpenCLIPArchitecture("ViT-B-16", patch: 16, (768, 12, 12)),
    OpenCLIPArchitecture("ViT-B-16-plus", patch: 16, (896, 12, 14), text: (640, 12, 10)),
    OpenCLIPArchitecture("ViT-B-16-plus-240", patch: 16, (896, 12, 14), text: (640, 12, 10)),
    OpenCLIPArchitecture("ViT-L-16", patch: 16, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-L-16-320", patch: 16, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-L-14", patch: 14, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-L-14-280", patch: 14, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-L-14-336", patch: 14, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-H-16", patch: 16, (1280, 32, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-H-14", patch: 14, (1280, 32, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-H-14-378", patch: 14, (1280, 32, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-g-14", patch: 14, (1408, 40, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-bigG-14", patch: 14, (1664, 48, 16), text: (1280, 32, 20)),
    OpenCLIPArchitecture("ViT-L-14-CLIPA", patch: 14, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-L-14-CLIPA-336", patch: 14, (1024, 24, 16), text: (768, 12, 12)),
    OpenCLIPArchitecture("ViT-H-14-CLIPA", patch: 14, (1280, 32, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-H-14-CLIPA-336", patch: 14, (1280, 32, 16), text: (1024, 24, 16)),
    OpenCLIPArchitecture("ViT-bigG-14-CLIPA", patch: 14, (1664, 48, 16), text: (1280, 32, 20)),
    OpenCLIPArchitecture("ViT-bigG-14-CLIPA-336", patch: 14, (1664, 48, 16), text: (1280, 32, 20)),
    OpenCLIPArchitecture("ViT-e-14", patch: 14, (1792, 56, 16), text: (1280, 36, 20)),
  ]

  static func named(_ name: String) -> OpenCLIPArchitecture? {
    all.first { $0.name.utf8.elementsEqual(name.utf8) }
  }

  /// Heads of an image encoder of this width, and whether they are known: every released model of this width and
  /// depth has so many. Otherwise they are taken from the models of this width, or one for each 64 numbers, as CLIP's
  /// own program takes them.
  static func visionHeads(width: Int, layers: Int) -> (heads: Int, isKnown: Bool) {
    let ofWidth = all.filter { $0.width == width }
    guard let first = ofWidth.first else { return (width / 64, false) }
    return (first.heads, ofWidth.contains { $0.layers == layers })
  }

  static func textHeads(width: Int, layers: Int) -> (heads: Int, isKnown: Bool) {
    (width / 64, all.contains { $0.textWidth == width && $0.textLayers == layers })
  }
}
