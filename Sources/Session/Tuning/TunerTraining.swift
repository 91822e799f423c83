import System
import Training

/// The copy of a model that a tuner trains, and the order of its clips.
final class TunerTraining {
  let tuner: Tuner
  let batch, stepsPerEpoch: Int
  /// Bytes of the copy; and of the crops that a step makes, with those of drawing them.
  let modelBytes, cropBytes: Int
  let identity: TunerIdentity
  private let draws: TuningDraws
  private let pixels: PixelDraws
  private var order: GrowingArray<Int32>
  /// The epoch that `order` is of.
  private var epoch = -1

  init(
    _ tuner: Tuner, batch: Int, stepsPerEpoch: Int, clips: Int, _ draws: TuningDraws, _ pixels: PixelDraws,
    modelBytes: Int, cropBytes: Int, identity: TunerIdentity
  ) throws(Failure) {
    order = try GrowingArray(uninitialized: clips)
    (self.tuner, self.batch, self.stepsPerEpoch) = (tuner, batch, stepsPerEpoch)
    (self.modelBytes, self.cropBytes) = (modelBytes, cropBytes)
    (self.draws, self.pixels, self.identity) = (draws, pixels, identity)
  }

  /// Trains on the next step's clips.
  func step(
    of clips: TunedClips, _ texts: borrowing TuningTexts, loss: TrainingLoss
  ) throws(Failure) -> Tuner.Report {
    let step = tuner.steps
    guard step < tuner.totalSteps else {
      throw .argument("all \(tuner.totalSteps) steps of the recipe are done")
    }
    if epoch != step / stepsPerEpoch {
      epoch = step / stepsPerEpoch
      for i in 0..<order.count { order.base[i] = Int32(i) }
      draws.shuffle(order.buffer, epoch: epoch)
    }
    let first = step % stepsPerEpoch * batch
    let chosen = UnsafeBufferPointer(rebasing: order.view[first..<first + batch])
    return try tuner.step(TuningBatch(clips, chosen, texts, draws, step: step, loss, pixels))
  }
}
