import Families
import Model
import Preprocess

// Converts the traits of a checkpoint's family to options of the network and to preprocessing.

extension DeclaredOptions {
  /// Adds the traits of a checkpoint's family that its own file does not state.
  mutating func add(_ traits: FamilyTraits) {
    if activation == nil, visionHeads == nil { configuration = traits.source }
    switch traits.activation {
    case .quickGELU: activation = activation ?? .quickGELU
    case .gelu: activation = activation ?? .gelu
    case .tanhGELU: activation = activation ?? .tanhGELU
    case nil: break
    }
    epsilon = epsilon ?? traits.epsilon
    headEpsilon = headEpsilon ?? traits.headEpsilon
    visionHeads = visionHeads ?? traits.visionHeads
    textHeads = textHeads ?? traits.textHeads
    integrationHeads = integrationHeads ?? traits.integrationHeads
    promptHeads = promptHeads ?? traits.promptHeads
    imageSize = imageSize ?? traits.imageSize
    if traits.poolsPatches { pooling = pooling ?? .patches }
    if traits.textsAreWhole { textForm = textForm ?? (traits.textsEndAtMark ? .wholeToMark : .whole) }
    if traits.hasNoPreNorm { hasPreNorm = hasPreNorm ?? false }
    if rotary == nil {
      switch traits.rotary {
      case .eva02: rotary = .eva02
      case .pe: rotary = .pe
      case .peFromZero: rotary = .peFromZero
      case nil: break
      }
    }
    poolHeads = poolHeads ?? traits.poolHeads
    visionEpsilon = visionEpsilon ?? traits.visionEpsilon
    hasWordPieces = hasWordPieces || traits.hasWordPieces
    headsAreAssumed = headsAreAssumed || traits.headsAreAssumed
    temporalView = temporalView ?? traits.temporalView
    scoresFrames = scoresFrames || traits.scoresFrames
    usualFrames = usualFrames ?? traits.usualFrames
  }
}

extension Preset {
  /// The preprocessing and prompts that a family is trained and measured with, and the mean and std of its
  /// configuration. Weights with CLIP's own names get ActionCLIP's, since it starts from them.
  init(_ family: Family, _ traits: FamilyTraits, imageSize: Int) {
    self =
      switch family {
      case .clip: .actionCLIP
      case .huggingFace: .huggingFace
      case .openCLIP, .openCLIPTimm: .clip
      case .mmaction2: .mmaction2
      case .viFiCLIP: .viFiCLIP
      case .openVCLIP: .openVCLIP
      case .xclip, .huggingFaceXCLIP: .xclip
      case .sigLIP: .sigLIP
      }
    // Its image processor states each step.
    switch (family, traits.filter) {
    case (.huggingFaceXCLIP, .bicubic): resize = .huggingFace
    case (.huggingFaceXCLIP, .bilinear), (.huggingFace, .bilinear): resize = .huggingFaceBilinear
    case (.sigLIP, .bilinear): resize = .squareBilinear
    case (.openCLIP, .bilinear), (.openCLIPTimm, .bilinear):
      resize = traits.squashes ? .squareBilinear : .clipBilinear
    default: if traits.squashes { resize = .square }
    }
    if family == .openVCLIP { shortSide = imageSize }
    if let side = traits.shortSide, side != imageSize { shortSide = side }
    if let mean = traits.mean, mean.count == 3 { self.mean = (mean[0], mean[1], mean[2]) }
    if let std = traits.std, std.count == 3 { self.std = (std[0], std[1], std[2]) }
  }
}
