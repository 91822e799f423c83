import System
import Numerics
import Weights

/// Options of the model that the file's metadata state (docs/FORMAT.md); nil where they state nothing.
public struct DeclaredOptions: Sendable, Equatable {
  public var joint: Bool?
  public var temporalShift: ShiftForm?
  public var head: TemporalHeadKind?
  public var frames: Int?
  /// Frames on each side that a frame's tokens attend to; see `Configuration.temporalView`.
  public var temporalView: Int?
  /// The file beside the weights that states the activation and the heads, as "config.json"; nil: the metadata do.
  public var configuration: String?
  public var visionHeads: Int?
  public var textHeads: Int?
  /// Attention heads of the MIT head and of a video's prompts.
  public var integrationHeads: Int?
  public var promptHeads: Int?
  /// The side of a SigLIP's pictures, whose patches may leave a margin at their right and lower ends out.
  public var imageSize: Int?
  /// Forms of the encoders; nil: CLIP's, or SigLIP's where the file has its tensors.
  public var pooling: FramePooling?
  public var textForm: TextForm?
  public var hasPreNorm: Bool?
  public var rotary: RotaryForm?
  /// Attention heads of the probe that pools a frame's tokens; nil: the image encoder's.
  public var poolHeads: Int?
  /// Epsilon of the image encoder's LayerNorms, where it is another than the text encoder's.
  public var visionEpsilon: Float?
  /// Whether texts are split into BERT's word pieces.
  public var hasWordPieces = false
  /// Whether `visionHeads` and `textHeads` are a guess.
  public var headsAreAssumed = false
  /// The precision of the encoders' products; a default only, since any may be asked for.
  public var precision: Precision?
  public var activation: EncoderActivation?
  /// Whether each frame scores by itself; see `Configuration.scoresFrames`.
  public var scoresFrames = false
  public var epsilon: Float?
  public var headEpsilon: Float?
  /// Frames of a video where nothing else tells their number.
  public var usualFrames: Int?

  public init(
    joint: Bool? = nil, temporalShift: ShiftForm? = nil, head: TemporalHeadKind? = nil, frames: Int? = nil,
    precision: Precision? = nil, activation: EncoderActivation? = nil, epsilon: Float? = nil,
    headEpsilon: Float? = nil, usualFrames: Int? = nil, visionHeads: Int? = nil, textHeads: Int? = nil,
    imageSize: Int? = nil
  ) {
    self.joint = joint
    self.temporalShift = temporalShift
    self.head = head
    self.frames = frames
    self.precision = precision
    self.activation = activation
    self.epsilon = epsilon
    self.headEpsilon = headEpsilon
    self.usualFrames = usualFrames
    self.visionHeads = visionHeads
    self.textHeads = textHeads
    self.imageSize = imageSize
  }

  /// Refuses numbers outside of their ranges.
  func check() throws(Failure) {
    let epsilons = [
      ("epsilon", epsilon), ("vision_epsilon", visionEpsilon), ("head_epsilon", headEpsilon),
    ]
    for case (let name, let value?) in epsilons where !Configuration.epsilons.contains(value) {
      let range = Configuration.epsilons
      throw Failure(
        .invalid,
        "the file says that \(name) is \(value), expected \(range.lowerBound) to \(range.upperBound)")
    }
    if let usualFrames, !(1...Configuration.maximumFrames).contains(usualFrames) {
      throw Failure(
        .invalid,
        "the file says that frames are \(usualFrames), expected 1 to \(Configuration.maximumFrames)")
    }
  }
}
