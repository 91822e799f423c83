import Glibc
import Model
import Numerics
import System
import TensorNames

/// Trains a copy of a model on batches of clips, one step at a time; the base model stays as it is, and usable. One thread
/// at a time may call it. A step that fails has changed nothing, except for one whose weights overflow: calls fail after
/// it.
public final class Tuner {
  public let recipe: Recipe
  /// The model that tuned weights are mixed with.
  private let origin: ActionCLIP
  private let model: TrainableModel
  private let passes: GradientPasses
  private let optimiser: Optimiser
  private let schedule: Schedule
  /// Beginnings of the names of parameters that start anew, which mixtures take whole.
  private let started: [String]
  private let memory: StepMemory
  let sizes: Sizes
  var stepsPerEpoch: Int { sizes.stepsPerEpoch }

  /// Makes the copy in memory of its own, with products in `precision`, fp32 or bf16. Of `options` the copy takes
  /// threads, processors and instruction set. Of `memoryLimit`, in bytes, what a step does not need is spent on saving
  /// time; nil: as much as is usual. `started` are the beginnings of names of parameters that start anew in `base`:
  /// mixtures take them whole. Mixtures are made with `origin`, which may lack them; nil: `base`, which is kept then.
  public init(
    _ base: ActionCLIP, origin: ActionCLIP? = nil, _ parts: TrainedParts, _ recipe: Recipe, _ sizes: Sizes,
    started: [String] = [],
    precision: Precision = .fp32, memoryLimit: Int? = nil, cache: CacheFile? = nil, options: LoadOptions
  ) throws(Failure) {
    guard sizes.clips > 0, sizes.texts > 0, sizes.stepsPerEpoch > 0, recipe.epochs > 0 else {
      throw .argument("training needs a clip and a text a batch, one step an epoch and one epoch")
    }
    self.origin = origin ?? base
    self.recipe = recipe
    self.sizes = sizes
    self.started = started
    model = try Tuner.copy(of: base, parts, headDropout: recipe.headDropout, precision, options)
    guard !model.parameters.isEmpty else { throw .argument("no parameter of the model is trained") }
    let needed = Tuner.neededMemory(model, recipe.loss, sizes)
    memory = StepMemory(
      model, sizes, limit: memoryLimit.map { $0 - needed }, hasFile: cache != nil)
    model.keepsActivations = memory.keepsTexts
    model.needsTape = memory.fullTapes < sizes.clips
    passes = try Tuner.passes(model, sizes, memory, cache)
    optimiser = try Optimiser(model, recipe)
    schedule = Schedule(recipe, stepsPerEpoch: sizes.stepsPerEpoch)
  }

  /// Steps done, and all steps of the recipe.
  public var steps: Int { optimiser.steps }
  public var totalSteps: Int { Tuner.totalSteps(recipe, sizes) }

  static func totalSteps(_ recipe: Recipe, _ sizes: Sizes) -> Int {
    let (product, overflow) = recipe.epochs.multipliedReportingOverflow(by: sizes.stepsPerEpoch)
    return overflow ? Int.max : product
  }

  /// A tensor of the state between two steps.
  struct StateTensor {
    let name: String
    let shape: [Int]
    let numbers: FloatBuffer
  }

  /// Everything that changes with steps besides their number.
  var state: [StateTensor] {
    zip(model.parameters, optimiser.moments).flatMap { parameter, moments in
      [
        (Key.value, parameter.value), (Key.mean, moments.mean), (Key.square, moments.square),
        (Key.average, moments.average),
      ].compactMap { (prefix, numbers) in
        numbers.map { StateTensor(name: prefix + parameter.name, shape: parameter.shape, numbers: $0) }
      }
    }
  }

  /// Goes on after so many steps, once the state's numbers are there.
  func resume(at steps: Int) {
    optimiser.resume(at: steps)
    model.publish()
  }

  /// Bytes of working memory that a step takes, besides the model and caches.
  public var workingMemory: Int {
    Tuner.neededMemory(model, recipe.loss, sizes) + memory.extraBytes(model, sizes)
  }

  /// Bytes of caches in memory.
  public var cacheMemory: Int { memory.cacheBytes(model, sizes) }

  /// Bytes of working memory that a step cannot do without. Workspaces are kept once they were taken, so all of them
  /// count.
  private static func neededMemory(
    _ model: TrainableModel, _ loss: TrainingLoss, _ sizes: Sizes
  ) -> Int {
    let back = model.memory(
      videos: min(sizes.clips, model.videosTogether), prompts: sizes.texts, keepsAll: false)
    let forth = model.model.memory
    return back.video + back.text + forth.video + forth.text + model.tapeBytes(keepsAll: false)
      + GradientPasses.memory(model, loss, clips: sizes.clips, texts: sizes.texts)
  }

  /// Throws if a step has made weights overflow.
  func checkParameters() throws(Failure) { try optimiser.checkParameters() }

  /// The number of trained numbers.
  public var trainedNumbers: Int { model.parameters.reduce(0) { $0 + $1.value.count } }

  /// Names of the trained parameters.
  public var trained: [String] { model.parameters.map(\.name) }

  /// Results of one step.
  public struct Report: Sendable, Equatable {
    /// The loss before the step, and that of each way.
    public let loss, videoLoss, textLoss: Double
    /// exp(logit_scale) after the step, where the model has one.
    public let scale: Double?
    /// The encoders' learning rate.
    public let rate: Double
    /// The norm of all gradients together, before it was limited.
    public let gradientNorm: Double
    /// The number of the step, from 1 on.
    public let step: Int
  }

  /// Trains on a batch.
  public func step(_ batch: some TrainingBatch) throws(Failure) -> Report {
    try checkParameters()
    let loss = try passes.run(batch, recipe.loss)
    let done = try optimiser.step(factor: schedule.factor(step: steps))
    return Report(
      loss: loss.loss, videoLoss: loss.videoLoss, textLoss: loss.textLoss,
      scale: model.parameter(TensorNames.logitScale).map { exp(Double($0.value[0])) }, rate: done.rate,
      gradientNorm: done.gradientNorm, step: steps)
  }

  /// A new model, (1 - share) · base + share · tuned; nil: the recipe's share. The tuned numbers are the latest, or
  /// their mean where the recipe keeps it. Of `options` it takes threads, processors, precision and instruction set.
  public func model(share: Double? = nil, _ options: LoadOptions) throws(Failure) -> ActionCLIP {
    try checkParameters()
    let share = share ?? recipe.mixture
    guard (0...1).contains(share) else {
      throw .argument("the tuned model's share is \(share), expected 0 to 1")
    }
    let tuned = zip(model.parameters, optimiser.moments).map { parameter, moments in
      (parameter.name, moments.average ?? parameter.value)
    }
    var own = options
    own.share(origin) { model.parameter($0) == nil }
    (own.head, own.frames) = (model.model.configuration.head, model.model.configuration.frames)
    return try origin.remade(
      from: MixedTensors(model.model, tuned, base: origin, share: share, whole: started), own)
  }
}
