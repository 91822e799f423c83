import Glibc

/// The learning rate over time: a linear rise from 0 over the warm-up, then half a cosine to 0 at the end (reference
/// utils/lr_scheduler.py).
public struct Schedule: Sendable {
  private let epochs, warmUp: Double
  private let interval, stepsPerEpoch: Int

  public init(_ recipe: Recipe, stepsPerEpoch: Int) {
    epochs = Double(recipe.epochs)
    warmUp = recipe.warmUpEpochs
    interval = max(1, recipe.scheduleInterval)
    self.stepsPerEpoch = max(1, stepsPerEpoch)
  }

  /// The factor of the rate at a step, from 0 on.
  public func factor(step: Int) -> Double {
    let (epoch, inEpoch) = (step / stepsPerEpoch, step % stepsPerEpoch)
    // The latest step of the epoch that changed the rate.
    let change = max(0, (inEpoch + 1) / interval * interval - 1)
    return factor(epoch: Double(epoch) + Double(change) / Double(stepsPerEpoch))
  }

  private func factor(epoch: Double) -> Double {
    if epoch < warmUp { return epoch / warmUp }
    guard epochs > warmUp else { return 1 }
    let progress = min((epoch - warmUp) / (epochs - warmUp), 1)
    return (cos(Double.pi * progress) + 1) / 2
  }
}
