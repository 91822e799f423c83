import Numerics

/// Of the MLPs in both encoders, which the weights do not tell: CLIP's own models and ActionCLIP have QuickGELU,
/// others were trained with GELU. Raw values are the C API's.
public enum EncoderActivation: Int32, Sendable, CaseIterable {
  case quickGELU = 1
  case gelu

  public var name: String {
    switch self {
    case .quickGELU: "QuickGELU"
    case .gelu: "GELU"
    }
  }

  var function: Activation {
    switch self {
    case .quickGELU: .quickGELU
    case .gelu: .gelu
    }
  }
}

/// Choices made at load; nil is "as the checkpoint says".
public struct LoadOptions: Sendable {
  public var joint: Bool?
  public var temporalShift: Bool?
  public var head: TemporalHeadKind?
  public var frames: Int?
  public var threads: Int
  /// That the model's own threads are bound to, in turn; none: as the thread that starts them.
  public var processors: [Int32]
  /// Of the encoders' products.
  public var precision: Precision?
  public var activation: EncoderActivation?
  /// See `Configuration.temporalView`; 0 is none.
  public var temporalView: Int?

  public init(
    joint: Bool? = nil, temporalShift: Bool? = nil, head: TemporalHeadKind? = nil, frames: Int? = nil,
    threads: Int = 1, processors: [Int32] = [], precision: Precision? = nil,
    activation: EncoderActivation? = nil, temporalView: Int? = nil
  ) {
    self.joint = joint
    self.temporalShift = temporalShift
    self.head = head
    self.frames = frames
    self.threads = threads
    self.processors = processors
    self.precision = precision
    self.activation = activation
    self.temporalView = temporalView
  }
}

/// Every size and option of a loaded model. All sizes follow from tensor shapes.
public struct Configuration: Sendable, Equatable {
  public var imageSize = 0  // S
  public var patchSize = 0  // p
  public var visionWidth = 0  // W
  public var visionLayers = 0  // L
  public var visionHeads = 0
  public var embeddingSize = 0  // E
  public var textWidth = 0  // X
  public var textLayers = 0
  public var textHeads = 0
  public var contextLength = 0  // C
  public var vocabularySize = 0  // V
  public var frames = 0  // T
  public var joint = false
  public var temporalShift = false
  /// How many frames before and behind a frame its tokens attend to besides its own, in every block: Open-VCLIP's
  /// `expand_temporal_view`. 0: none.
  public var temporalView = 0
  public var head = MeanHead.kind
  public var activation = EncoderActivation.quickGELU
  /// Neither the file nor the caller has said which activation it is.
  public var activationIsAssumed = true
  /// The numbers of heads are a guess: nothing has told them.
  public var headsAreAssumed = false
  /// Of the encoders' LayerNorms.
  public var epsilon = Configuration.usualEpsilon
  /// Of the Transf head's.
  public var headEpsilon = Configuration.usualHeadEpsilon

  public var gridSize: Int { imageSize / patchSize }  // g
  /// Frame embeddings of one video: T, or 1 when joint, which has one class token for all frames.
  public var frameRowsPerVideo: Int { joint ? 1 : frames }

  /// CLIP's models have heads of this size throughout; some of open_clip's have others.
  static let headSize = 64
  public static let usualEpsilon: Float = 1e-5
  /// The reference's; other implementations have the usual one in its place.
  public static let usualHeadEpsilon: Float = 1e-12
  /// The farthest that a frame's tokens may see.
  public static let maximumView = 3
  /// What an epsilon may be.
  public static let epsilons: ClosedRange<Float> = 1e-12...1e-2
}
