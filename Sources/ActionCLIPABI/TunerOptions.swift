import CActionCLIP
import Model
import Numerics
import Preprocess
import Session
import System
import Training

// The options of tuners, from C.

private let oldestTunerOptions = 112

private var defaultTunerOptions: actionclip_tuner_options {
  var options = actionclip_tuner_options()
  (options.head, options.logit_scale) = (ACTIONCLIP_ON, ACTIONCLIP_ON)
  options.batch = 32
  (options.warm_up_epochs, options.rate, options.head_rate_factor) = (.nan, .nan, .nan)
  (options.weight_decay, options.anchor) = (.nan, .nan)
  (options.context_rate_factor, options.mean_decay, options.head_dropout) = (.nan, .nan, .nan)
  options.jitter = ACTIONCLIP_OFF
  return options
}

@_cdecl("actionclip_tuner_options_init_sized") @implementation
public func actionclip_tuner_options_init_sized(
  _ options: UnsafeMutablePointer<actionclip_tuner_options>!, _ struct_size: Int
) {
  SizedStruct.initialize(
    options, size: struct_size, defaults: defaultTunerOptions, oldest: oldestTunerOptions)
}

extension TuningOptions {
  /// Checks and converts the caller's options; NULL gives the defaults.
  init(
    _ pointer: UnsafePointer<actionclip_tuner_options>?, _ loaded: LoadedModel
  ) throws(Failure) {
    let given = try SizedStruct.read(
      pointer, defaults: defaultTunerOptions, oldest: oldestTunerOptions, "options")
    self.init()
    recipe = try Recipe(given)
    let c = loaded.configuration
    parts = TrainedParts(
      vision: try part(given.vision, given.vision_blocks, "vision", layers: c.visionLayers),
      text: try part(given.text, given.text_blocks, "text", layers: c.textLayers),
      head: try isOn(given.head, "head"), logitScale: try isOn(given.logit_scale, "logit_scale"),
      context: given.contexts > 0)
    guard given.contexts >= 0 else {
      throw .argument("contexts is \(given.contexts), expected 0 or more")
    }
    contexts = Int(given.contexts)
    if given.new_head != ACTIONCLIP_HEAD_AS_CHECKPOINT {
      guard let head = TemporalHeadKind(rawValue: given.new_head) else {
        throw .argument("new_head is \(given.new_head), expected ACTIONCLIP_HEAD_*")
      }
      newHead = head
    }
    guard given.frames == 0 || newHead != nil && (1...1024).contains(given.frames) else {
      throw .argument("frames is \(given.frames), expected 0, or 1 to 1024 with a new head")
    }
    frames = given.frames == 0 ? nil : Int(given.frames)
    guard (1...65536).contains(given.batch) else {
      throw .argument("batch is \(given.batch), expected 1 to 65536")
    }
    batch = Int(given.batch)
    truncate = try truncates(given.too_long)
    seed = given.seed
    guard given.max_memory >= 0 else {
      throw .argument("max_memory is \(given.max_memory), expected bytes, or 0 for any number")
    }
    memoryLimit = given.max_memory == 0 ? nil : Int(given.max_memory)
    precision = try trainingPrecision(given.compute_type)
    cache = given.cache_path.map { FilePath($0) }
    draws = try DrawRules(given)
  }
}

extension DrawRules {
  /// Checks and converts the rules by which the caller wants pixels to be drawn.
  fileprivate init(_ given: actionclip_tuner_options) throws(Failure) {
    self.init()
    switch given.augment {
    case ACTIONCLIP_AUGMENT_NONE: augmentation = .none
    case ACTIONCLIP_AUGMENT_FLIP: augmentation = .flip
    case ACTIONCLIP_AUGMENT_REFERENCE: augmentation = .reference
    case ACTIONCLIP_AUGMENT_REFERENCE_K400: augmentation = .referenceK400
    default: throw .argument("augment is \(given.augment), expected ACTIONCLIP_AUGMENT_*")
    }
    jitters = try isOn(given.jitter, "jitter")
    switch given.mirror {
    case ACTIONCLIP_MIRROR_UNLESS_SIDED: mirroring = .unlessSided
    case ACTIONCLIP_ON: mirroring = .always
    case ACTIONCLIP_OFF: mirroring = .never
    default:
      throw .argument(
        "mirror is \(given.mirror), expected ACTIONCLIP_MIRROR_UNLESS_SIDED, ACTIONCLIP_ON or ACTIONCLIP_OFF")
    }
  }
}

extension Recipe {
  /// The preset that the caller names, with the caller's numbers.
  fileprivate init(_ given: actionclip_tuner_options) throws(Failure) {
    switch given.recipe {
    case ACTIONCLIP_RECIPE_ANCHORED: self = .anchored
    case ACTIONCLIP_RECIPE_REFERENCE: self = .reference
    default: throw .argument("recipe is \(given.recipe), expected ACTIONCLIP_RECIPE_*")
    }
    switch given.loss {
    case ACTIONCLIP_LOSS_MULTI_POSITIVE: loss = .multiPositive
    case ACTIONCLIP_LOSS_CROSS_ENTROPY: loss = .crossEntropy
    default: throw .argument("loss is \(given.loss), expected ACTIONCLIP_LOSS_*")
    }
    guard (0...100_000).contains(given.epochs) else {
      throw .argument("epochs is \(given.epochs), expected 1 to 100000, or 0 for the recipe's")
    }
    if given.epochs > 0 { epochs = Int(given.epochs) }
    warmUpEpochs = try number(
      given.warm_up_epochs, "warm_up_epochs", 0...Double(epochs), else: min(warmUpEpochs, Double(epochs)))
    rate = try number(given.rate, "rate", Double.leastNormalMagnitude...1, else: rate)
    headRateFactor = try number(given.head_rate_factor, "head_rate_factor", 0...1e6, else: headRateFactor)
    weightDecay = try number(given.weight_decay, "weight_decay", 0...10, else: weightDecay)
    anchor = try number(given.anchor, "anchor", 0...1e6, else: anchor)
    contextRateFactor = try number(
      given.context_rate_factor, "context_rate_factor", 0...1e6, else: contextRateFactor)
    meanDecay = try number(given.mean_decay, "mean_decay", 0...1.0.nextDown, else: meanDecay)
    headDropout = try number(given.head_dropout, "head_dropout", 0...0.9, else: headDropout)
  }
}

/// The caller's number, or `preset` for NaN.
private func number(
  _ value: Double, _ name: String, _ range: ClosedRange<Double>, else preset: Double
) throws(Failure) -> Double {
  if value.isNaN { return preset }
  guard range.contains(value) else {
    throw .argument("\(name) is \(value), expected \(BoundText.range(range)), or NaN")
  }
  return value
}

private func trainingPrecision(_ value: Int32) throws(Failure) -> Precision {
  switch value {
  case ACTIONCLIP_COMPUTE_DEFAULT, ACTIONCLIP_COMPUTE_FP32: return .fp32
  case ACTIONCLIP_COMPUTE_BF16: return .bf16
  default:
    throw .argument("compute_type is \(value), expected ACTIONCLIP_COMPUTE_DEFAULT, _FP32 or _BF16")
  }
}

private func isOn(_ value: Int32, _ name: String) throws(Failure) -> Bool {
  guard value == ACTIONCLIP_ON || value == ACTIONCLIP_OFF else {
    throw .argument("\(name) is \(value), expected ACTIONCLIP_ON or ACTIONCLIP_OFF")
  }
  return value == ACTIONCLIP_ON
}

/// The part of an encoder of so many layers that is trained.
private func part(
  _ value: Int32, _ blocks: Int32, _ name: String, layers: Int
) throws(Failure) -> TrainedParts.Encoder {
  let part: TrainedParts.Encoder
  switch value {
  case ACTIONCLIP_TRAIN_NOTHING: part = .frozen
  case ACTIONCLIP_TRAIN_PROJECTION: part = .projection
  case ACTIONCLIP_TRAIN_EVERYTHING: part = .everything
  case ACTIONCLIP_TRAIN_BLOCKS:
    guard (1...layers).contains(Int(blocks)) else {
      throw .argument("\(name)_blocks is \(blocks), expected 1 to the encoder's \(layers) layers")
    }
    return .lastBlocks(Int(blocks))
  default: throw .argument("\(name) is \(value), expected ACTIONCLIP_TRAIN_*")
  }
  guard blocks == 0 else {
    throw .argument("\(name)_blocks is \(blocks), expected 0 without ACTIONCLIP_TRAIN_BLOCKS")
  }
  return part
}
