import Preprocess
import System
import Training

/// A tuner's options for drawing the pixels of clips.
public struct DrawRules: Sendable {
  public var augmentation = Augmentation.none
  /// Whether T frames are drawn from those of a clip, in place of a view.
  public var jitters = false
  public var mirroring = Mirroring.unlessSided

  public init() {}

  /// A rule for the clips that may be mirrored.
  public enum Mirroring: Sendable { case unlessSided, always, never }

  /// Everything that draws depend on.
  var identity: [TunerIdentity.Option] {
    let mirror =
      switch mirroring {
      case .unlessSided: "unless sided"
      case .always: "on"
      case .never: "off"
      }
    let augment =
      switch augmentation {
      case .none: "none"
      case .flip: "flip"
      case .reference: "reference"
      case .referenceK400: "reference_k400"
      }
    return [.init("augment", augment), .init("jitter", jitters), .init("mirror", mirror)]
  }
}

/// One draw of a clip's pixels, all of which follows from these.
struct ClipDraw: Sendable {
  let rules: DrawRules
  /// The view, where frames are not drawn one by one.
  let view: Int
  /// The generators of the choice of frames, and of the rest.
  let frames, pixels: SplitMix64
  /// Whether the clip's mirror image shows the same actions.
  let mirrors: Bool

  /// The places of T of a clip's frames.
  func places(in kept: KeptFrames) -> [Int] {
    guard rules.jitters else { return kept.view(view) }
    var random = frames
    return kept.drawn(&random)
  }

  /// The indices of T frames of a video, as the reference draws them.
  func indices(of count: Int, frames perView: Int) -> [Int] {
    var random = frames
    return drawnFrames(of: count, segments: perView, &random)
  }
}
