/// The resize of an image before the crop, for an input of S pixels.
public enum ResizeMode: Sendable, CaseIterable {
  /// Pillow's bicubic, the short side to S * 256 / 224, as the reference does
  /// (datasets/transforms_ss.py, `scale_size`).
  case actionCLIP
  /// Pillow's bicubic, the short side to S: CLIP's own recipe, and open_clip's. A picture with alpha is resized with
  /// it, as Pillow does it, before the alpha is dropped.
  case clip
  /// Like `clip`, but as transformers 5 does it for its CLIP: pictures with alpha are composited on white first, and
  /// of an odd margin the smaller half lies before the crop.
  case huggingFace
  /// OpenCV's bilinear, the short side to S * 256 / 224, with sizes and crops as mmaction2 has them, and
  /// X-CLIP and ViFi-CLIP after it (Resize and CenterCrop or ThreeCrop of their pipelines).
  case mmaction2
  /// The whole picture to S x S by Pillow's bicubic, whatever its shape: SigLIP's resize. Pictures with alpha are
  /// composited on white first, as transformers 5 does it.
  case square
  /// The same by Pillow's bilinear: SigLIP 2's.
  case squareBilinear
  /// As `huggingFace`, by Pillow's bilinear: X-CLIP's in transformers, whose image processor is VideoMAE's.
  case huggingFaceBilinear
  /// As `clip`, by Pillow's bilinear: MobileCLIP's in open_clip.
  case clipBilinear

  /// Whether the sizes and the crop are those of transformers' CLIP.
  public var isHuggingFaces: Bool { self == .huggingFace || self == .huggingFaceBilinear }
  /// Whether pictures with alpha are laid on white before they are resized.
  public var laysOnWhite: Bool { isHuggingFaces || isSquare }
  /// Whether pictures with alpha are resized with it, which is then dropped.
  var resizesAlpha: Bool { self == .clip || self == .clipBilinear }
  /// Whether the whole picture becomes the network's input, so that nothing is cropped.
  public var isSquare: Bool { self == .square || self == .squareBilinear }
}

/// The position of the S x S crop along the resized image's long side. On the short side it is always the centre.
public enum CropPosition: Sendable {
  case center
  /// The left or top end of the long side. A square image is treated as wide.
  case start
  /// The right or bottom end of the long side.
  case end
}

/// Options for turning an image into the network's input.
public struct PreprocessOptions: Sendable {
  /// The resized short side in pixels, at least S; nil: as `mode` says.
  public var shortSide: Int?
  public var mode: ResizeMode
  public var crop: CropPosition
  /// Means of R, G, B on the 0...1 scale.
  public var mean: (Float, Float, Float)
  /// Standard deviations of R, G, B on the 0...1 scale, above 0.
  public var std: (Float, Float, Float)

  /// CLIP's mean and standard deviation, which the released checkpoints were trained with.
  public static let clipMean: (Float, Float, Float) = (0.48145466, 0.4578275, 0.40821073)
  public static let clipStd: (Float, Float, Float) = (0.26862954, 0.26130258, 0.27577711)

  public init(
    shortSide: Int? = nil, mode: ResizeMode = .actionCLIP, crop: CropPosition = .center,
    mean: (Float, Float, Float) = clipMean, std: (Float, Float, Float) = clipStd
  ) {
    self.shortSide = shortSide
    self.mode = mode
    self.crop = crop
    self.mean = mean
    self.std = std
  }
}
