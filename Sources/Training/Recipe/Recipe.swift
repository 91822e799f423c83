/// How a model is trained, as data. The presets are `anchored`, the default, and `reference`, the released trainer with
/// its quirks (sallymmx/ActionCLIP train.py and configs).
public struct Recipe: Sendable, Equatable {
  /// The name of the preset that it was made of.
  public private(set) var preset = "anchored"
  public var loss = TrainingLoss.multiPositive
  public var epochs = 50
  /// Epochs over which the rate rises from 0, in a straight line.
  public var warmUpEpochs = 5.0
  /// The rate of both encoders and of logit_scale.
  public var rate = 5e-6
  /// The temporal head's rate, as a multiple of the encoders'.
  public var headRateFactor = 10.0
  /// The context vectors' rate, as a multiple of the encoders'.
  public var contextRateFactor = 1000.0
  public var weightDecay = 0.2
  public var (beta1, beta2, epsilon) = (0.9, 0.98, 1e-8)
  /// Whether decay acts on tensors of one dimension or none too: biases, LayerNorms, logit_scale.
  public var decaysVectors = false
  /// The largest norm of all gradients together; longer ones are shortened to it. Nil: any.
  public var clipNorm: Double? = 1
  /// The largest exp(logit_scale); nil: any.
  public var scaleLimit: Double? = 100
  /// The factor a of a · |parameters - those before training|², which is added to the loss.
  public var anchor = 0.0
  /// The factor d of the exponential mean of the numbers that models are made of: after each step it is d times itself
  /// and 1 - d times the numbers, and it begins with those before training. 0: models are made of the latest numbers.
  public var meanDecay = 0.0
  /// The share of numbers that the Transf_cls head drops by chance in each step; other heads drop none.
  public var headDropout = 0.0
  /// Whether matrices of the encoders are rounded to fp16 after each step, as the reference's model holds them.
  public var roundsToHalf = false
  /// Steps from one change of the rate to the next; within each epoch it changes at the first step and then at every
  /// step whose number, from 1 on, is a multiple of this.
  public var scheduleInterval = 1
  /// The share of the tuned weights in a model that is made of base and tuned ones.
  public var mixture = 0.5

  public init() {}

  /// fp32 masters, no decay on vectors, gradients' norm up to 1, a limited scale, half-way mixture with the base model.
  public static let anchored = Recipe()

  /// The released trainer: decay on everything, no limits, the rate set at every tenth step, weights rounded to fp16.
  public static let reference = {
    var recipe = Recipe()
    recipe.preset = "reference"
    recipe.decaysVectors = true
    recipe.clipNorm = nil
    recipe.scaleLimit = nil
    recipe.roundsToHalf = true
    recipe.scheduleInterval = 10
    recipe.headDropout = 0.1  // torch.nn.TransformerEncoderLayer's own
    recipe.mixture = 1
    return recipe
  }()
}
