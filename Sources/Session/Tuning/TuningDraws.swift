import System

/// A tuner's random draws. They all follow from the seed and the numbers of epoch, step and place, so that nothing but
/// the number of steps has to be kept.
struct TuningDraws: Sendable {
  let seed: UInt64

  /// Generators of different purposes have different streams.
  private enum Purpose: UInt64 {
    case order = 1
    case clip = 2
    case label = 3
    case frames = 5
    case pixels = 6
    case dropout = 7
  }

  private func generator(_ purpose: Purpose, _ first: Int, _ second: Int = 0) -> SplitMix64 {
    var outer = SplitMix64(seed: seed, stream: purpose.rawValue)
    var inner = SplitMix64(seed: outer.bits(), stream: UInt64(bitPattern: Int64(first)))
    return SplitMix64(seed: inner.bits(), stream: UInt64(bitPattern: Int64(second)))
  }

  /// Writes an epoch's order of clips over `clips` (Fisher and Yates).
  func shuffle(_ clips: UnsafeMutableBufferPointer<Int32>, epoch: Int) {
    var random = generator(.order, epoch)
    for last in stride(from: clips.count - 1, to: 0, by: -1) {
      clips.swapAt(last, random.index(below: last + 1))
    }
  }

  /// The generator of the clip at a place in a step's batch.
  func clip(step: Int, place: Int) -> SplitMix64 { generator(.clip, step, place) }

  /// The seed of what the head drops of the clip at a place in a step's batch.
  func dropout(step: Int, place: Int) -> UInt64 {
    var random = generator(.dropout, step, place)
    return random.bits()
  }

  /// The generator of a label's text in a step.
  func label(step: Int, label: Int) -> SplitMix64 { generator(.label, step, label) }

  /// The generators of the frames and of the crops of the clip at a place in a step's batch.
  func pixels(step: Int, place: Int) -> (frames: SplitMix64, pixels: SplitMix64) {
    (generator(.frames, step, place), generator(.pixels, step, place))
  }
}
