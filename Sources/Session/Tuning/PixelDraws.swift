import System

/// Draws the pixels of a step's clips.
final class PixelDraws {
  let rules: DrawRules
  private let sided: SidedLabels
  private let draws: TuningDraws
  private let crops: DrawnCrops

  init(_ rules: DrawRules, _ sided: SidedLabels, _ draws: TuningDraws, _ crops: DrawnCrops) {
    (self.rules, self.sided, self.draws, self.crops) = (rules, sided, draws, crops)
  }

  /// Begins a step.
  func begin() { crops.begin() }

  /// Writes the pixels [T, 3, S, S] of the clip at `place` of a step's batch; within a step they are the same each time.
  func write(
    _ clip: TunedClip, view: Int, step: Int, place: Int, to pixels: UnsafeMutablePointer<Float>
  ) throws(Failure) {
    let random = draws.pixels(step: step, place: place)
    let mirrors =
      switch rules.mirroring {
      case .always: true
      case .never: false
      case .unlessSided: sided.mayMirror(clip.labels.view)
      }
    let draw = ClipDraw(
      rules: rules, view: view, frames: random.frames, pixels: random.pixels, mirrors: mirrors)
    try clip.write(draw, as: place, crops, to: pixels)
  }
}
