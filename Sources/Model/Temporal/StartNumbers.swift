import Glibc
import System

/// Random numbers for starts, normal ones by Box and Muller's transform.
struct StartNumbers {
  private var random: SplitMix64

  init(seed: UInt64, stream: UInt64) { random = SplitMix64(seed: seed, stream: stream) }

  private mutating func normal() -> Double {
    let radius = (-2 * log(1 - random.uniform())).squareRoot()
    return radius * cos(2 * Double.pi * random.uniform())
  }

  mutating func next(_ start: StartedTensor.Start, at index: Int, of count: Int) -> Double {
    switch start {
    case .zeros: return 0
    case .ones: return 1
    case .normal: return 0.02 * normal()
    case .wrappedNormal: return 0.02 * fmod(normal(), 2)
    case .uniform(let bound): return bound * (2 * random.uniform() - 1)
    case .shift:
      let (channel, tap, channels) = (index / 3, index % 3, count / 3)
      let quarter = channels / 4
      // The reference fills the first quarter, half of all channels after it, and the last quarter.
      let isFirst = channel < quarter && tap == 0
      let isMiddle = channel >= quarter && channel < quarter + channels / 2 && tap == 1
      return isFirst || isMiddle || channel >= channels - quarter && tap == 2 ? 1 : 0
    }
  }
}
