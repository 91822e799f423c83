import CGuest
import Model
import Numerics
import System
import Training

/// Sizes of a tuner.
public struct TunerSizes: Sendable {
  public let batch, stepsPerEpoch, steps, totalSteps, trainedNumbers: Int
  /// Bytes of the copy, of clips and texts, of a step's working memory, and of caches.
  public let modelBytes, clipBytes, workBytes, cacheBytes: Int
}

extension ModelTuner {
  /// The copy that is trained, which the first call makes.
  func prepared() throws(Failure) -> TunerTraining {
    if let training { return training }
    return try keep(
      make { (base, sizes, limit, hashes) throws(Failure) in
        try Tuner(
          base, origin: origin(), options.parts, options.recipe, sizes, started: started,
          precision: options.precision, memoryLimit: limit, cache: cacheFile(hashes),
          options: loaded.network(precision: .fp32))
      })
  }

  /// Makes `made` the copy that is trained.
  private func keep(_ made: TunerTraining) throws(Failure) -> TunerTraining {
    // If memory was refused, parts of it lie in CGuest's reserve, which the call must give back.
    guard cguest_memory_was_refused() == 0 else { throw .outOfMemory("the copy of a model") }
    training = made
    forgetStart()
    return made
  }

  /// Goes on from a saved state; on failure the tuner stays as it was.
  public func load(from path: FilePath) throws(Failure) {
    _ = try keep(
      make { (base, sizes, limit, hashes) throws(Failure) in
        try Tuner(
          resuming: path, identity: hashes.identity, base, origin: origin(), options.parts, options.recipe,
          sizes, started: started, precision: options.precision, memoryLimit: limit, cache: cacheFile(hashes),
          options: loaded.network(precision: .fp32))
      })
  }

  /// The file of the caller's choice, which every copy of this tuner shares. Clips that were added after a copy could
  /// not be made have another identity.
  private func cacheFile(_ hashes: TuningHashes) -> Tuner.CacheFile? {
    let identity = hashes.frozen
    if cache?.identity != identity {
      cache = options.cache.map { Tuner.CacheFile(path: $0, identity: identity) }
    }
    return cache
  }

  /// Writes the state, whole or not at all.
  public func save(to path: FilePath) throws(Failure) {
    let training = try prepared()
    try training.tuner.save(to: path, identity: training.identity)
  }

  /// The sizes, before any step is done. Throws if the memory is above the caller's limit.
  public func sizes() throws(Failure) -> TunerSizes {
    let training = try prepared()
    return TunerSizes(
      batch: training.batch, stepsPerEpoch: training.stepsPerEpoch, steps: training.tuner.steps,
      totalSteps: training.tuner.totalSteps, trainedNumbers: training.tuner.trainedNumbers,
      modelBytes: training.modelBytes, clipBytes: clipBytes,
      workBytes: training.tuner.workingMemory + training.cropBytes, cacheBytes: training.tuner.cacheMemory)
  }

  /// Steps of the whole recipe.
  public func totalSteps() throws(Failure) -> Int { try prepared().tuner.totalSteps }

  /// Steps that are still to be done, before one of them. Throws `cancelled` if `cancel` was called.
  public func stepsLeft() throws(Failure) -> Int {
    try cancellation.check()
    let tuner = try prepared().tuner
    return tuner.totalSteps - tuner.steps
  }

  /// Makes the copy with `build`, which gets the sizes of steps, the memory for their work and the hashes.
  private func make(
    _ build: (ActionCLIP, Tuner.Sizes, _ memory: Int?, TuningHashes) throws(Failure) -> Tuner
  ) throws(Failure) -> TunerTraining {
    try cancellation.whileMaking { () throws(Failure) in try makeNow(build) }
  }

  private func makeNow(
    _ build: (ActionCLIP, Tuner.Sizes, _ memory: Int?, TuningHashes) throws(Failure) -> Tuner
  ) throws(Failure) -> TunerTraining {
    try checkClips()
    let base = try begin()
    let batch = min(options.batch, trained.count)
    let stepsPerEpoch = trained.count / batch
    let needed = try Tuner.modelMemory(
      of: base, options.parts, options.recipe, precision: options.precision)
    let taken = clipBytes
    let limit = options.memoryLimit ?? Int.max
    func check(_ work: Int, _ least: StaticString) throws(Failure) {
      let (rest, isBelow) = limit.subtractingReportingOverflow(needed)
      guard !isBelow, rest >= taken, rest - taken >= work else {
        let (sum, _) = needed.addingReportingOverflow(taken)
        throw .outOfMemory(
          "training: it takes \(least)\(sum.addingReportingOverflow(work).partialValue) bytes (\(needed) of the"
            + " model's copy, \(taken) of clips, \(work) of work), max_memory is \(limit)")
      }
    }
    let crops = try DrawnCrops(
      batch: batch, frames: frames, size: configuration.imageSize, options.draws.augmentation)
    let (cropBytes, isTooLarge) = (trained.makeCrops ? try crops.bytes() : 0).addingReportingOverflow(
      try drawBytes())
    try check(isTooLarge ? Int.max : cropBytes, "at least ")
    let hashes = try TuningHashes(self, base)
    try texts.sortByLabel()
    let tuner = try build(
      base,
      Tuner.Sizes(
        clips: batch, texts: options.recipe.loss == .crossEntropy ? labelCount : batch,
        stepsPerEpoch: stepsPerEpoch, cachedViews: stableViews(), allTexts: texts.count),
      options.memoryLimit.map { $0 - needed - taken - cropBytes }, hashes)
    let (work, isTooMuch) = (tuner.workingMemory + tuner.cacheMemory).addingReportingOverflow(cropBytes)
    try check(isTooMuch ? Int.max : work, "")
    let draws = TuningDraws(seed: options.seed)
    return try TunerTraining(
      tuner, batch: batch, stepsPerEpoch: stepsPerEpoch, clips: trained.count, draws,
      PixelDraws(options.draws, sidedLabels, draws, crops), modelBytes: needed, cropBytes: cropBytes,
      identity: hashes.identity)
  }

  /// Bytes that drawing a step's crops takes beside them: clips are drawn one after the other.
  private func drawBytes() throws(Failure) -> Int {
    var most = 0
    for index in 0..<trained.count {
      most = max(most, try trained[index].drawBytes(options.draws.augmentation))
    }
    return most
  }

  /// A number above those of all views that come again in later steps; 0: none comes again.
  private func stableViews() throws(Failure) -> Int {
    let isStable = (0..<trained.count).contains { trained[$0].isStable(options.draws) }
    return isStable ? try product([trained.count, trained.mostViews], "views") : 0
  }

  private func checkClips() throws(Failure) {
    guard !trained.isEmpty else {
      throw Failure(.notEnoughExamples, "the tuner has no clip to train on")
    }
    let first = trained[0].labels[0]
    for index in 0..<trained.count {
      let labels = trained[index].labels.view
      if labels.count > 1 || labels[0] != first { return }
    }
    throw Failure(.notEnoughExamples, "all clips of the tuner have one label; training needs two or more")
  }
}
