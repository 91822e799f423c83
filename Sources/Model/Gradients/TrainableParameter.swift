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

  /// A layer whose packed weight is made of `value`.
  private struct Copy {
    let layer: Linear
    let isTransposed: Bool
  }
  private var copies: [Copy]

  /// `numbers` are the parameter's before it was rounded, in memory of their own; nil: it was not.
  init(_ parameter: Parameter, _ numbers: FloatBuffer?) throws(Failure) {
    name = parameter.name
    shape = parameter.shape
    gradient = try FloatBuffer(count: parameter.count)
    switch parameter.storage {
    // The layers read these where they are.
    case .plain, .table: (value, copies) = (try parameter.values(), [])
    case .packed(let layer), .transposed(let layer):
      let isTransposed = if case .transposed = parameter.storage { true } else { false }
      value = if let numbers { numbers } else { try parameter.values() }
      copies = [Copy(layer: layer, isTransposed: isTransposed)]
    }
  }

  /// Adds the layer that holds the weight transposed, for gradients of the input.
  func add(turned: Linear) {
    guard let first = copies.first else { return }
    copies.append(Copy(layer: turned, isTransposed: !first.isTransposed))
  }

  /// Packs the numbers into the layers that compute with them. Nothing else may use the model meanwhile.
  public func publish(pool: ThreadPool) {
    for copy in copies { copy.layer.repack(value.base, isTransposed: copy.isTransposed, pool: pool) }
  }
}
