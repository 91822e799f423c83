import Model
import System
import TensorNames

extension Tuner {
  /// Bytes that a tuner's copy of a model takes at most, known from sizes alone: every parameter in fp32; of trained
  /// ones the numbers as they are trained, their gradient, both moments, the numbers before training where the recipe
  /// pulls towards them, and their mean where the recipe keeps it; and of an encoder that gradients pass through the
  /// matrices once more, transposed.
  public static func modelMemory(
    of base: ActionCLIP, _ parts: TrainedParts, _ recipe: Recipe
  ) throws(Failure) -> Int {
    let c = base.configuration
    let copies = 4 + (recipe.anchor > 0 ? 1 : 0) + (recipe.meanDecay > 0 ? 1 : 0)
    var bytes = 0
    for parameter in base.parameters {
      let isTrained = parts.contains(parameter.name, in: c)
      let passes = parameter.shape.count > 1 && isPassed(parameter.name, parts)
      let floats = 1 + (isTrained ? copies : 0) + (passes ? 1 : 0)
      let (own, overflow) = parameter.count.multipliedReportingOverflow(by: 4 * floats)
      let (sum, overflow2) = bytes.addingReportingOverflow(own)
      guard !overflow, !overflow2 else { throw .outOfMemory(bytes: Int.max) }
      bytes = sum
    }
    return bytes
  }

  /// Whether gradients may pass through a parameter.
  private static func isPassed(_ name: String, _ parts: TrainedParts) -> Bool {
    if name.hasPrefix(TensorNames.Head.prefix) { return parts.head || parts.vision != .frozen }
    if name.hasPrefix(TensorNames.Vision.prefix) { return parts.vision != .frozen }
    return parts.text != .frozen || parts.context
  }
}
