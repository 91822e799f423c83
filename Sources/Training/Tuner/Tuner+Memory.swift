import Model
import Numerics
import System
import TensorNames

extension Tuner {
  /// Bytes that a tuner's copy of a model takes at most, known from sizes alone: of trained parameters the numbers as
  /// they are trained and as layers hold them packed, their gradient, both moments, the numbers before training where
  /// the recipe pulls towards them, and their mean where the recipe keeps it. All others are the base model's own, but
  /// for the matrices that gradients pass through, once more and transposed, and for those that the base model does
  /// not hold in the precision of the copy's products.
  public static func modelMemory(
    of base: ActionCLIP, _ parts: TrainedParts, _ recipe: Recipe, precision: Precision = .fp32
  ) throws(Failure) -> Int {
    let c = base.configuration
    let copies = 4 + (recipe.anchor > 0 ? 1 : 0) + (recipe.meanDecay > 0 ? 1 : 0)
    var bytes = 0
    for parameter in base.parameters {
      let isTrained = parts.contains(parameter.name, in: c)
      let isMatrix = parameter.shape.count > 1
      let isHeld = isMatrix && (isTrained || base.precision != precision)
      let isTurned = isMatrix && !isTrained && isPassed(parameter.name, parts, in: c)
      let floats = (isTrained ? copies : 0) + (isHeld ? 1 : 0) + (isTurned ? 1 : 0)
      let (own, overflow) = parameter.count.multipliedReportingOverflow(by: 4 * floats)
      let (sum, overflow2) = bytes.addingReportingOverflow(own)
      guard !overflow, !overflow2 else { throw .outOfMemory(bytes: Int.max) }
      bytes = sum
    }
    return bytes
  }

  /// Whether gradients pass through a matrix: below the lowest trained block they do not.
  private static func isPassed(_ name: String, _ parts: TrainedParts, in c: Configuration) -> Bool {
    if name.hasPrefix(TensorNames.Head.prefix) { return parts.head || parts.vision != .frozen }
    if name == TensorNames.Text.tokenEmbedding { return false }
    if parts.context, !name.hasPrefix(TensorNames.Vision.prefix) { return true }
    return parts.contains(name, in: c)
  }
}
