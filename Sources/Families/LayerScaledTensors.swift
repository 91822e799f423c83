import System
import TensorNames
import Weights

/// A checkpoint's tensors with the scales of its encoders' layers (LayerScale; open_clip's ls_1 and ls_2) multiplied
/// into the layers before them: γ · (W x + b) = (γ · W) x + γ · b, so that no block has them any more.
final class LayerScaledTensors: ForwardingTensors {
  let names: [String]
  private let base: any TensorSource
  private let scaled: Scaled

  /// Nil where the tensors have no such scales. Throws where a scale does not fit its layer.
  init?(_ base: any TensorSource) throws(Failure) {
    let block = TensorNames.Block.self
    var scales: [String: String] = [:]
    var names: [String] = []
    for name in base.names {
      let found = [(block.attentionScale, block.outProjection), (block.hiddenScale, block.projection)]
        .first { name.hasSuffix("." + $0.0) }
      guard let (scale, layer) = found else {
        names.append(name)
        continue
      }
      let prefix = String(Substring(name.utf8.dropLast(scale.utf8.count))) + layer
      for part in ["weight", "bias"] {
        let target = prefix + part
        guard let info = base.info(target) else { continue }  // the model says that it misses it
        let width = base.info(name)?.shape ?? []
        guard width.count == 1, info.shape.first == width[0], info.elementType != .i8 else {
          throw Failure(
            .tensorShape,
            "tensor '\(name)' of shape \(width) does not scale '\(target)', \(info.elementType) of shape "
              + "\(info.shape)")
        }
        scales[target] = name
      }
    }
    guard names.count < base.names.count else { return nil }
    self.names = names
    self.base = base
    scaled = Scaled(base: base, scales: scales)
  }

  func source(of name: String) -> any TensorSource {
    if scaled.scales[name] != nil { return scaled }
    return base
  }

  /// The layers that are scaled.
  private struct Scaled: ComputedTensors {
    let base: any TensorSource
    /// The name of the scale of each tensor.
    let scales: [String: String]

    var names: [String] { base.names }

    func info(_ name: String) -> TensorInfo? {
      base.info(name).flatMap { TensorInfo(name: name, elementType: .f32, shape: $0.shape) }
    }

    func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
      try base.read(name, into: destination)
      guard let scale = scales[name], let rows = base.info(scale)?.count, rows > 0,
        let to = destination.baseAddress
      else { return }
      let gains = try GrowingArray<Float>(uninitialized: rows)
      try base.read(scale, into: gains.buffer)
      let columns = destination.count / rows
      for row in 0..<rows {
        let gain = gains.base[row]
        for i in row * columns..<(row + 1) * columns { to[i] *= gain }
      }
      extendLifetime(gains)
    }
  }
}
