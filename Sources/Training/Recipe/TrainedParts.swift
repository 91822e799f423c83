import Model
import TensorNames

/// Which parameters of a model are trained.
public struct TrainedParts: Sendable, Equatable {
  /// The part of an encoder that is trained.
  public enum Encoder: Sendable, Equatable {
    case frozen
    /// The projection, and the LayerNorm before it.
    case projection
    /// The projection, and so many of the last residual blocks.
    case lastBlocks(Int)
    case everything
  }

  public var vision, text: Encoder
  public var head, logitScale: Bool
  /// Context vectors, in a model that has them.
  public var context: Bool

  public init(
    vision: Encoder = .frozen, text: Encoder = .frozen, head: Bool = true, logitScale: Bool = true,
    context: Bool = false
  ) {
    (self.vision, self.text, self.head, self.logitScale) = (vision, text, head, logitScale)
    self.context = context
  }

  public static let everything = TrainedParts(vision: .everything, text: .everything)

  /// Whether a parameter is trained in a model of this configuration.
  public func contains(_ name: String, in c: Configuration) -> Bool {
    if name == TensorNames.logitScale { return logitScale }
    if name == TensorNames.Text.context { return context }
    if name.hasPrefix(TensorNames.Head.prefix) { return head }
    if name.hasPrefix(TensorNames.Vision.prefix) {
      let names = TensorNames.Vision.self
      let isLast = name == names.projection || name.hasPrefix(names.lnPost)
      return TrainedParts.contains(vision, name, isLast: isLast, names.blocks, layers: c.visionLayers)
    }
    let isLast = name == TensorNames.Text.projection || name.hasPrefix(TensorNames.Text.lnFinal)
    return TrainedParts.contains(text, name, isLast: isLast, TensorNames.Text.blocks, layers: c.textLayers)
  }

  private static func contains(
    _ part: Encoder, _ name: String, isLast: Bool, _ blocks: String, layers: Int
  ) -> Bool {
    switch part {
    case .frozen: return false
    case .projection: return isLast
    case .lastBlocks(let count):
      guard !isLast else { return true }
      guard name.hasPrefix(blocks), let layer = Int(name.dropFirst(blocks.count).prefix { $0 != "." })
      else { return false }
      return layer >= layers - count
    case .everything: return true
    }
  }
}
