import Digest
import Model
import Numerics
import System
import Training

/// Sizes of a tuner.
public struct TunerSizes: Sendable {
  public let batch, stepsPerEpoch, steps, totalSteps, trainedNumbers: Int
  /// Bytes of the copy, of clips and texts, and of a step's working memory.
  public let modelBytes, clipBytes, workBytes: Int
}

extension ModelTuner {
  /// The copy that is trained, which the first call makes.
  func prepared() throws(Failure) -> TunerTraining {
    if let training { return training }
    let made = try make { (texts, stepsPerEpoch, limit, _) throws(Failure) in
      try Tuner(
        base, options.parts, options.recipe, texts: texts, stepsPerEpoch: stepsPerEpoch, memoryLimit: limit,
        options: loaded.network(precision: .fp32))
    }
    training = made
    return made
  }

  /// Goes on from a saved state; on failure the tuner stays as it was.
  public func load(from path: FilePath) throws(Failure) {
    training = try make { (texts, stepsPerEpoch, limit, identity) throws(Failure) in
      try Tuner(
        resuming: path, identity: identity, base, options.parts, options.recipe, texts: texts,
        stepsPerEpoch: stepsPerEpoch, memoryLimit: limit, options: loaded.network(precision: .fp32))
    }
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
      modelBytes: try Tuner.modelMemory(of: base, options.parts, options.recipe), clipBytes: clipBytes,
      workBytes: training.tuner.workingMemory(texts: textsPerStep(training.batch)))
  }

  /// Steps of the whole recipe.
  public func totalSteps() throws(Failure) -> Int { try prepared().tuner.totalSteps }

  private func textsPerStep(_ batch: Int) -> Int {
    options.recipe.loss == .crossEntropy ? labelCount : batch
  }

  /// Makes the copy with `build`, which gets texts a step, steps an epoch, the memory for activations and the identity.
  private func make(
    _ build: (Int, Int, Int, String) throws(Failure) -> Tuner
  ) throws(Failure) -> TunerTraining {
    try checkClips()
    let batch = min(options.batch, trained.count)
    let stepsPerEpoch = trained.count / batch
    let needed = try Tuner.modelMemory(of: base, options.parts, options.recipe)
    let taken = clipBytes
    let limit = options.memoryLimit ?? Int.max
    func check(_ work: Int) throws(Failure) {
      let (rest, isBelow) = limit.subtractingReportingOverflow(needed)
      guard !isBelow, rest >= taken, rest - taken >= work else {
        throw .outOfMemory(
          "training: it takes \(needed) bytes of the model's copy, \(taken) of clips and \(work) of work;"
            + " max_memory is \(limit)")
      }
    }
    try check(0)
    let identity = try identity()
    let tuner = try build(
      textsPerStep(batch), stepsPerEpoch, limit - needed - taken, identity)
    try check(tuner.workingMemory(texts: textsPerStep(batch)))
    return try TunerTraining(
      tuner, batch: batch, stepsPerEpoch: stepsPerEpoch, clips: trained.count, seed: options.seed,
      identity: identity)
  }

  private func checkClips() throws(Failure) {
    guard let first = trained.first else {
      throw Failure(.notEnoughExamples, "the tuner has no clip to train on")
    }
    guard trained.contains(where: { $0.labels != first.labels }) || first.labels.count > 1 else {
      throw Failure(.notEnoughExamples, "all clips of the tuner have one label; training needs two or more")
    }
  }

  /// A hash of everything that a state must find again: the model, options, labels, texts and clips.
  private func identity() throws(Failure) -> String {
    var sha = SHA256()
    let line = Array("\(try loaded.fingerprint()) \(options.summary)\n".utf8)
    line.withUnsafeBytes { sha.update($0) }
    texts.add(to: &sha)
    for clip in trained {
      try checkCancelled()
      clip.add(to: &sha)
    }
    return sha.finish().hexadecimal
  }
}
