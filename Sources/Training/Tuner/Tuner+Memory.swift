import Model
import Numerics
import System
import TensorNames

extension Tuner {
  /// Bytes that a tuner's copy of a model takes, known before it is made: of trained parameters the numbers as they are
  /// trained and as layers hold them packed, their gradient, both moments, the numbers before training where the recipe
  /// pulls towards them, and their mean where the recipe keeps it. All others are the base model's own, but for the
  /// matrices that gradients pass through, once more and transposed, and for those that the base model does not hold in
  /// the precision of the copy's products.
  public static func modelMemory(
    of base: ActionCLIP, _ parts: TrainedParts, _ recipe: Recipe, precision: Precision = .fp32
  ) throws(Failure) -> Int {
    let c = base.configuration
    let copies = 4 + (recipe.anchor > 0 ? 1 : 0) + (recipe.meanDecay > 0 ? 1 : 0)
    var bytes = 0
    for parameter in base.parameters {
      let isTrained = parts.contains(parameter.name, in: c)
      let isTurned = !isTrained && isPassed(parameter.name, parts)
      let held = base.trainingPrecision(of: parameter, precision)
      let layers =
        parameter.layerBytes(isTrained: isTrained, held) + (isTurned ? parameter.turnedBytes(held) : 0)
      let (own, overflow) = parameter.count.multipliedReportingOverflow(by: isTrained ? 4 * copies : 0)
      let (sum, overflow2) = own.addingReportingOverflow(layers)
      let (total, overflow3) = bytes.addingReportingOverflow(sum)
      guard !overflow, !overflow2, !overflow3 else { throw .outOfMemory(bytes: Int.max) }
      bytes = total
    }
    return bytes
  }

  /// Whether gradients pass through a matrix that is not trained. Below the lowest trained block they do not, so that they
  /// pass through all of the text encoder to context vectors, and otherwise through the head alone, which is kept for them
  /// even where no encoder of frames is trained.
  private static func isPassed(_ name: String, _ parts: TrainedParts) -> Bool {
    name.hasPrefix(TensorNames.Head.prefix) || parts.context && !name.hasPrefix(TensorNames.Vision.prefix)
  }
}
