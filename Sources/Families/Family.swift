/// The project whose tensor names and preprocessing a checkpoint follows (docs/FAMILIES.md).
public enum Family: Sendable, CaseIterable {
  /// The reference's own checkpoints, and CLIP weights under CLIP's names: the same names.
  case clip
  case huggingFace
  /// CLIP's names with open_clip's configuration.
  case openCLIP
  /// open_clip's names with an image encoder of timm's: EVA02, PE, CLIP's own and MobileCLIP-B's.
  case openCLIPTimm
  case mmaction2
  case viFiCLIP
  case openVCLIP
  /// VideoX's own files, CLIP's names and others beside them.
  case xclip
  case huggingFaceXCLIP
  /// SigLIP and SigLIP 2 in Hugging Face's layout.
  case sigLIP

  /// Whether files beside the weights are those of transformers.
  var isHuggingFaces: Bool { [.huggingFace, .huggingFaceXCLIP, .sigLIP].contains(self) }

  /// The family's name in messages.
  public var name: String { staticName.description }

  public var staticName: StaticString {
    switch self {
    case .clip: "CLIP"
    case .huggingFace: "Hugging Face CLIP"
    case .openCLIP, .openCLIPTimm: "open_clip"
    case .mmaction2: "mmaction2's ActionCLIP"
    case .viFiCLIP: "ViFi-CLIP"
    case .openVCLIP: "Open-VCLIP"
    case .xclip: "X-CLIP"
    case .huggingFaceXCLIP: "Hugging Face X-CLIP"
    case .sigLIP: "SigLIP"
    }
  }
}

/// Properties of a model that its tensors do not tell; nil where unknown.
public struct FamilyTraits: Sendable, Equatable {
  /// The activation of the encoders' MLPs.
  public enum Activation: Sendable { case quickGELU, gelu, tanhGELU }

  /// The source of these properties, for messages: "config.json", "open_clip_name".
  public var source: String?
  public var activation: Activation?
  /// The epsilon of the encoders' LayerNorms.
  public var epsilon: Float?
  /// The epsilon of the Transf head's LayerNorms.
  public var headEpsilon: Float?
  /// Sizes that the tensors must have.
  var sizes = StatedSizes()
  public var visionHeads: Int?
  public var textHeads: Int?
  /// Heads of X-CLIP's integration transformer and of its prompts.
  public var integrationHeads: Int?
  public var promptHeads: Int?
  /// Whether the number of heads is a guess: neither a configuration nor a released model of these sizes tells it.
  public var headsAreAssumed = false
  /// Whether the mean of a frame's patches gives its embedding, in place of its class token.
  public var poolsPatches = false
  /// Whether tokens go to the first block as they are.
  public var hasNoPreNorm = false
  /// Whether convolutions come before the patch embedding.
  var hasStem = false
  /// Whether all tokens of a text see each other, and the last one gives the embedding.
  public var textsAreWhole = false
  /// Whether the end-of-text token gives the embedding of texts that are whole.
  public var textsEndAtMark = false
  /// Whether texts are split into BERT's word pieces.
  public var hasWordPieces = false
  /// Rotary positions of an image encoder: EVA02's, PE's, and PE-Core G's, which counts from 0.
  public enum Rotary: Sendable { case eva02, pe, peFromZero }
  public var rotary: Rotary?
  /// Attention heads of the probe that pools a frame's tokens.
  public var poolHeads: Int?
  /// The epsilon of the image encoder's LayerNorms, where it is another than the text encoder's.
  public var visionEpsilon: Float?
  /// Whether each frame of a video scores by itself, and the mean of these scores is the video's.
  public var scoresFrames = false
  /// The side of pictures in pixels, where it may be no whole number of patches.
  public var imageSize: Int?
  /// Frames on each side that a frame's tokens attend to besides their own.
  public var temporalView: Int?
  /// Whether the model is assumed to encode each frame by itself, because neither the file nor its settings say so.
  public var framesAreAssumedApart = false
  /// A default for the number of frames in a video.
  public var usualFrames: Int?
  /// Per channel on the 0..1 scale, where a configuration gives them.
  public var mean: [Float]?
  public var std: [Float]?
  /// Length in pixels of the short side after resizing, where a configuration states it.
  public var shortSide: Int?
  /// A filter of Pillow's that pictures are resized by.
  public enum Filter: Sendable { case bicubic, bilinear }
  /// The filter that a configuration states.
  public var filter: Filter?
  /// Whether an open_clip's pictures are squashed to squares, whatever their shape.
  public var squashes = false

  public init() {}
}
