import System

/// The preprocessing, frame choice and prompts that a family of checkpoints was trained and measured with;
/// docs/FAMILIES.md has the sources.
public struct Preset: Sendable {
  public var resize: ResizeMode
  /// The resized short side in pixels; nil: as `resize` says.
  public var shortSide: Int?
  /// Means of R, G, B on the 0...1 scale.
  public var mean: (Float, Float, Float)
  /// Standard deviations of R, G, B on the 0...1 scale, above 0.
  public var std: (Float, Float, Float)
  public var sampling: FrameChoice
  /// The family's prompts; empty: ActionCLIP's 16.
  public var templates: [String]

  public init(
    resize: ResizeMode = .actionCLIP, shortSide: Int? = nil,
    mean: (Float, Float, Float) = PreprocessOptions.clipMean,
    std: (Float, Float, Float) = PreprocessOptions.clipStd, sampling: FrameChoice = .reference,
    templates: [String] = []
  ) {
    self.resize = resize
    self.shortSide = shortSide
    self.mean = mean
    self.std = std
    self.sampling = sampling
    self.templates = templates
  }

  /// The options for turning an image into the network's input.
  public var options: PreprocessOptions {
    PreprocessOptions(shortSide: shortSide, mode: resize, mean: mean, std: std)
  }

  /// - Throws: `.invalidArgument` where mean and std cannot be worked with.
  public func check() throws(Failure) { _ = try Normalization(mean: mean, std: std) }
}

extension Preset: Equatable {
  public static func == (a: Preset, b: Preset) -> Bool {
    a.resize == b.resize && a.shortSide == b.shortSide && a.mean == b.mean && a.std == b.std
      && a.sampling == b.sampling && a.templates == b.templates
  }
}

extension Preset {
  /// ActionCLIP, the reference.
  public static let actionCLIP = Preset()

  /// CLIP, an image model: frames are chosen as in ActionCLIP.
  public static let clip = Preset(resize: .clip)

  /// CLIP as transformers preprocesses it.
  public static let huggingFace = Preset(resize: .huggingFace)

  /// SigLIP, an image model: frames are chosen as in ActionCLIP. The prompt is that of transformers' pipelines.
  public static let sigLIP = Preset(
    resize: .square, mean: (0.5, 0.5, 0.5), std: (0.5, 0.5, 0.5), templates: ["This is a photo of {}."])

  /// mmaction2's ActionCLIP: CLIP's mean and std on the 0...255 scale, rounded to three digits.
  public static let mmaction2 = Preset(
    resize: .mmaction2, mean: (122.771 / 255, 116.746 / 255, 104.093 / 255),
    std: (68.5 / 255, 66.632 / 255, 70.323 / 255), sampling: .mmaction2)

  /// ViFi-CLIP: X-CLIP's pipeline with ImageNet's mean and std, and a prompt of its own.
  public static let viFiCLIP = Preset(
    resize: .mmaction2, mean: (0.485, 0.456, 0.406), std: (0.229, 0.224, 0.225), sampling: .mmaction2,
    templates: ["a photo of a {}."])

  /// X-CLIP: the same pipeline, and labels as they are.
  public static let xclip = Preset(
    resize: .mmaction2, mean: (0.485, 0.456, 0.406), std: (0.229, 0.224, 0.225), sampling: .mmaction2,
    templates: ["{}"])

  /// Open-VCLIP, approximately: its own code resizes floats without rounding, and where a margin is odd it crops one
  /// pixel further on.
  public static let openVCLIP = Preset(
    resize: .mmaction2, shortSide: 224, sampling: .openVCLIP,
    templates: ["photo", "video", "example", "demonstration"].flatMap { kind in
      [
        "", " a person", " a person using", " a person doing", " a person during", " a person performing",
        " a person practicing",
      ].map { "a \(kind) of\($0) {}." }
    })
}

extension ResizeMode {
  /// The name in a model file's metadata.
  public var name: String {
    switch self {
    case .actionCLIP: "ActionCLIP"
    case .clip: "CLIP"
    case .huggingFace: "HuggingFace"
    case .mmaction2: "mmaction2"
    case .square: "square"
    case .squareBilinear: "square-bilinear"
    case .huggingFaceBilinear: "HuggingFace-bilinear"
    case .clipBilinear: "CLIP-bilinear"
    }
  }
}

extension FrameChoice {
  /// The name in a model file's metadata.
  public var name: String {
    switch self {
    case .reference: "ActionCLIP"
    case .mmaction2: "mmaction2"
    case .openVCLIP: "Open-VCLIP"
    case .openVCLIPStart: "Open-VCLIP start"
    case .openVCLIPEnd: "Open-VCLIP end"
    }
  }
}
