import Numerics
import System

/// A parameter that is being trained: its numbers in fp32, the sum of its gradients, and the layers that hold it packed.
public final class TrainableParameter: @unchecked Sendable {
  // Unchecked: whoever trains the model uses its parameters from one thread at a time.
  /// The tensor's name, as in `TensorNames`.
  public let name: String
  public let shape: [Int]
  /// The numbers, row-major in the file's shape. After a change `publish` brings them into the layers.
  public let value: FloatBuffer
  /// Where gradients are summed, in the same order.
  public let gradient: FloatBuffer

  /// The layer whose packed weight is made of `value`, and whether that is stored transposed; nil: none.
  private let layer: (linear: Linear, isTransposed: Bool)?

  /// `numbers` are the parameter's before it was rounded, in memory of their own; nil: it was not.
  init(_ parameter: Parameter, _ numbers: FloatBuffer?) throws(Failure) {
    name = parameter.name
    shape = parameter.shape
    gradient = try FloatBuffer(count: parameter.count)
    switch parameter.storage {
    // The layers read these where they are.
    case .plain, .table: layer = nil
    case .packed(let linear): layer = (linear, false)
    case .transposed(let linear): layer = (linear, true)
    }
    value = if layer != nil, let numbers { numbers } else { try parameter.values() }
  }

  /// Packs the numbers into the layer that computes with them. Nothing else may use the model meanwhile.
  public func publish(pool: ThreadPool) {
    guard let layer else { return }
    layer.linear.repack(value.base, isTransposed: layer.isTransposed, pool: pool)
  }
}
