import Numerics
import TensorNames

/// Bytes that a parameter's layers take in a copy of its model that is made for training, known before there is one.
/// `precision` is the one in which the copy computes with it.
extension Parameter {
  /// The layer that computes with it; nil: the network reads its numbers where they are.
  private var layer: Linear? {
    switch storage {
    case .plain, .table: nil
    case .packed(let linear), .transposed(let linear): linear
    }
  }

  /// Bytes of the layer that the copy has for itself: of trained matrices, and of others that this model holds in
  /// another precision.
  public func layerBytes(isTrained: Bool, _ precision: Precision) -> Int {
    let held = precision.bounded(by: minimumPrecision)
    guard let layer, isTrained || held != layer.precision else { return 0 }
    return Linear.bytes(inputs: layer.inputs, outputs: layer.outputs, held)
  }

  /// Bytes of the transposed layer of a matrix that gradients pass through while it stays as it is.
  public func turnedBytes(_ precision: Precision) -> Int {
    guard let layer else { return 0 }
    let held = precision.bounded(by: minimumPrecision)
    return Linear.bytes(inputs: layer.outputs, outputs: layer.inputs, held)
  }
}

extension ActionCLIP {
  /// The precision in which a copy for training computes with a parameter, if its products are in `precision`.
  public func trainingPrecision(of parameter: Parameter, _ precision: Precision) -> Precision {
    let isInFP32 =
      parameter.name.hasPrefix(TensorNames.Head.prefix) && configuration.head.type.trainsInFP32
    return isInFP32 ? .fp32 : precision
  }
}
