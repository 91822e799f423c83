import Model
import Numerics
import System
import Training

/// A caller's choices for a tuner.
public struct TuningOptions: Sendable {
  public var recipe = Recipe.anchored
  public var parts = TrainedParts()
  /// A head that starts anew in place of the model's, and its frames; nil frames: the model's.
  public var newHead: TemporalHeadKind?
  public var frames: Int?
  /// Context vectors that are trained in place of a template's words; 0: none.
  public var contexts = 0
  /// Clips a step, where there are as many.
  public var batch = 32
  /// The seed of every draw, and of a new head's numbers.
  public var seed: UInt64 = 0
  /// Bytes that the tuner may take; nil: any number.
  public var memoryLimit: Int?
  /// The precision of products: fp32 or bf16. Trained numbers and sums are fp32.
  public var precision = Precision.fp32
  /// Where what no training changes of clips is kept, in place of memory.
  public var cache: FilePath?
  /// A text that is too long is cut; otherwise it is an error.
  public var truncate = false

  /// The rules by which pixels are drawn at each step.
  public var draws = DrawRules()

  public init() {}

  /// Everything that the state of a tuner depends on besides the recipe.
  var identity: [TunerIdentity.Option] {
    func shown(_ part: TrainedParts.Encoder) -> String {
      switch part {
      case .frozen: "nothing"
      case .projection: "projection"
      case .lastBlocks(let count): count == 1 ? "the last block" : "the last \(count) blocks"
      case .everything: "everything"
      }
    }
    return [
      .init("vision", shown(parts.vision)), .init("text", shown(parts.text)), .init("head", parts.head),
      .init("logit_scale", parts.logitScale), .init("new_head", newHead?.name ?? "none"),
      .init("frames", frames?.description ?? "the model's"), .init("contexts", contexts),
      .init("batch", batch), .init("seed", String(seed)), .init("too_long", truncate ? "truncate" : "error"),
      .init("compute_type", precision.name),
    ] + draws.identity
  }
}
