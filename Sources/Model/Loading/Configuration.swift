import Numerics

/// The activation of the MLPs in both encoders, which weights do not tell: CLIP's own models and ActionCLIP have
/// QuickGELU, others were trained with GELU, SigLIP with its approximation by tanh. Raw values are those of the C API.
public enum EncoderActivation: Int32, Sendable, CaseIterable {
  case quickGELU = 1
  case gelu
  case tanhGELU

  public var name: String {
    switch self {
    case .quickGELU: "QuickGELU"
    case .gelu: "GELU"
    case .tanhGELU: "GELU-tanh"
    }
  }

  var function: Activation {
    switch self {
    case .quickGELU: .quickGELU
    case .gelu: .gelu
    case .tanhGELU: .tanhGELU
    }
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
  /// Learned context vectors, which prompts may have in place of words: K, 0 in most models.
  public var contextVectors = 0
  /// Learned tokens that stand after a frame's patches: P, 0 in most models.
  public var visualPrompts = 0
  /// Whether learned tokens of the image encoder or the text encoder are trained for each block, or stand among patches.
  public var hasPromptTokens = false
  public var frames = 0  // T
  /// Whether the encoders are SigLIP's: no class token, but attention that pools the patches, and texts whose tokens all
  /// see each other up to the last one, which gives the embedding.
  public var isSigLIP = false
  public var pooling = FramePooling.classToken
  /// Whether a token of no patch stands before a frame's patches.
  public var hasClassToken = true
  /// The side in pixels of a place after the convolutions before the patch embedding; nil: there are none.
  public var stemSide: Int?
  /// How the image encoder's queries and keys are turned by places; nil: they are not.
  public var rotary: RotaryForm?
  /// Attention heads of the probe that pools a frame's tokens.
  public var poolHeads = 0
  public var textForm = TextForm.causal
  /// Whether tokens are normalised before the first block.
  public var hasPreNorm = true
  /// Whether texts are split into BERT's word pieces, as CLIPA's are.
  public var hasWordPieces = false
  public var joint = false
  public var temporalShift = ShiftForm.off
  /// Frames before and behind each frame that its tokens attend to besides its own, in every block: Open-VCLIP's
  /// `expand_temporal_view`. 0: none.
  public var temporalView = 0
  /// Whether a message token of each frame passes between the frames of a video before every block, as in X-CLIP.
  public var hasMessages = false
  /// Whether the model has parts of X-CLIP, of which none is trained.
  public var isXCLIPs: Bool { hasMessages || promptLayers > 0 || head == IntegrationHead.kind }
  /// Layers of X-CLIP's prompts, by which the patches of a video move the embeddings of texts; 0: texts stay as they are.
  public var promptLayers = 0
  /// Attention heads of these prompts, and of the MIT head; 0 where the model has neither.
  public var promptHeads = 0
  public var integrationHeads = 0
  public var head = MeanHead.kind
  /// Whether each frame of a video scores by itself, as in Open-VCLIP: the video's embedding is the mean of its frames'
  /// embeddings at unit length, and its own length counts in a score. Only with the head MeanP.
  public var scoresFrames = false
  public var activation = EncoderActivation.quickGELU
  /// Whether the activation is the usual one for want of a word of the file or the caller.
  public var activationIsAssumed = true
  /// Whether the numbers of attention heads are a guess.
  public var headsAreAssumed = false
  /// Epsilon of the encoders' LayerNorms.
  public var epsilon = Configuration.usualEpsilon
  /// Epsilon of the image encoder's LayerNorms where it is its own.
  public var visionEpsilon: Float?
  /// Epsilon of the Transf head's LayerNorms.
  public var headEpsilon = Configuration.usualHeadEpsilon

  public var gridSize: Int { imageSize / patchSize }  // g
  /// Frame embeddings of one video: T, or 1 when joint, which has one class token for all frames.
  public var frameRowsPerVideo: Int { joint ? 1 : frames }

  /// The numbers of a video's patches that move texts, beside its embedding: [g², E] for models with such prompts.
  public var contextSize: Int { promptLayers > 0 ? gridSize * gridSize * embeddingSize : 0 }
  /// The numbers of a video's row: its embedding, and then its context.
  public var videoSize: Int { embeddingSize + contextSize }

  /// Channels of an attention head in all of CLIP's models; some of open_clip's have others.
  static let headSize = 64
  /// Epsilon of LayerNorms in CLIP and nearly all of its kin.
  public static let usualEpsilon: Float = 1e-5
  /// Epsilon of the reference's Transf head; other implementations have the usual one in its place.
  public static let usualHeadEpsilon: Float = 1e-12
  /// The largest `temporalView`.
  public static let maximumView = 3
  /// The range of an epsilon.
  public static let epsilons: ClosedRange<Float> = 1e-12...1e-2
}
