import Model
import Numerics
import System

extension Tuner {
  /// Sizes of steps: clips and texts a step, steps an epoch, and how many views of clips and texts come again.
  public struct Sizes: Sendable {
    public let clips, texts, stepsPerEpoch: Int
    public let cachedViews, allTexts: Int

    public init(clips: Int, texts: Int, stepsPerEpoch: Int, cachedViews: Int = 0, allTexts: Int = 0) {
      (self.clips, self.texts, self.stepsPerEpoch) = (clips, texts, stepsPerEpoch)
      (self.cachedViews, self.allTexts) = (cachedViews, allTexts)
    }
  }

  /// A file where tuners keep what no training changes of clips, in place of memory. The first tuner opens it; later ones
  /// of the same object share it. One thread at a time may use it.
  public final class CacheFile {
    /// A short line that says which frozen part of a model and which clips it is computed from.
    public let identity: String
    private let path: FilePath
    private var file: ActivationFile?

    public init(path: FilePath, identity: String) { (self.path, self.identity) = (path, identity) }

    /// The file, opened or made.
    func opened(
      _ model: TrainableModel, entries: Int
    ) throws(Failure) -> ActivationFile {
      if let file { return file }
      let made = try ActivationFile(
        path, identity: "\(identity) \(model.model.precision.name) \(model.kernelNames)", entries: entries,
        bytes: 4 * model.frozenNumbers)
      file = made
      return made
    }
  }

  /// The passes of a step, with caches, and with tapes of as many clips as `memory` has room for.
  static func passes(
    _ model: TrainableModel, _ sizes: Sizes, _ memory: StepMemory, _ cache: CacheFile?
  ) throws(Failure) -> GradientPasses {
    let numbers = model.frozenNumbers
    let clips: ActivationCache
    if let cache, memory.cachesInFile {
      clips = try ActivationCache(cache.opened(model, entries: sizes.cachedViews), numbers: numbers)
    } else {
      clips = try ActivationCache(entries: memory.cachedClips, numbers: numbers)
    }
    // Without a cache the texts of a step are encoded together.
    let texts =
      memory.cachesTexts
      ? try ActivationCache(entries: sizes.allTexts, numbers: model.model.configuration.embeddingSize) : nil
    let inputs = try FrozenInputs(model, clips: clips, texts: texts)
    guard model.trainsFrames else { return try GradientPasses(model, inputs, tapes: nil) }
    let tapes = try TapeSet(
      model, full: memory.fullTapes, inputs: memory.inputTapes, clips: sizes.clips)
    return try GradientPasses(model, inputs, tapes: tapes)
  }

  /// The copy that is trained, with products in `precision`. Numbers that are trained begin as the base model holds them,
  /// and others are the base model's own where they are held alike.
  static func copy(
    of base: ActionCLIP, _ parts: TrainedParts, headDropout: Double = 0, _ precision: Precision,
    _ options: LoadOptions
  ) throws(Failure) -> TrainableModel {
    var own = options
    own.precision = precision
    own.isForTraining = true
    let (configuration, parameters) = (base.configuration, base.parameters)
    own.share(base) { !parts.contains($0, in: configuration) }
    let copy = try base.remade(from: MixedTensors(base), own)
    func exact(_ name: String) throws(Failure) -> FloatBuffer? {
      guard precision != .fp32 else { return nil }
      return try parameters.first { $0.name == name }.map { (own) throws(Failure) in try own.values() }
    }
    return try TrainableModel(copy, numbers: exact, headDropout: headDropout) {
      parts.contains($0, in: configuration)
    }
  }
}
