import Numerics
import System

/// Makes the backward passes of a model's layers, which are found by the names of their tensors.
final class BackwardBuilder {
  /// The trained parameters, in the order of the model's.
  let trained: [TrainableParameter]
  private var places: [String: Int] = [:]
  /// Every parameter by name, for the weights of layers that gradients pass through.
  private var parameters: [String: Parameter] = [:]
  private let pool: ThreadPool
  /// The share of numbers that the Transf_cls head drops by chance.
  let headDropout: Double
  /// Bytes of the transposed layers that were made.
  private(set) var turnedBytes = 0

  init(
    _ model: ActionCLIP, numbers: (_ name: String) throws(Failure) -> FloatBuffer?,
    headDropout: Double = 0, isTrained: (_ name: String) -> Bool
  ) throws(Failure) {
    self.headDropout = headDropout
    var trained: [TrainableParameter] = []
    for parameter in model.parameters {
      parameters[parameter.name] = parameter
      guard isTrained(parameter.name) else { continue }
      try checkCancelled()
      places[parameter.name] = trained.count
      trained.append(try TrainableParameter(parameter, numbers(parameter.name)))
    }
    self.trained = trained
    pool = model.pool
  }

  func parameter(_ name: String) -> TrainableParameter? { places[name].map { trained[$0] } }

  /// Where a parameter's gradient is summed; nil: it is not trained.
  func gradient(_ name: String) -> FloatBuffer? { parameter(name)?.gradient }

  /// Whether a parameter whose name begins so is trained.
  func trains(_ prefix: String) -> Bool { trained.contains { $0.name.hasPrefix(prefix) } }

  /// The backward pass of a layer; `passesDown` says whether the gradient of its input is wanted.
  func linear(
    _ layer: Linear, weight: String, bias: String?, isTransposed: Bool = false, passesDown: Bool = true
  ) throws(Failure) -> LinearBackward {
    var own = LinearBackward.Weight.none
    if passesDown {
      try checkCancelled()
      if let parameter = parameter(weight) {
        own = .trained(parameter.value)
      } else {
        let (turned, numbers) = (try layer.turned(), try layer.weight())
        turned.repack(numbers.base, isTransposed: true, pool: pool)
        extendLifetime(numbers)
        turnedBytes += turned.bytes
        own = .turned(turned)
      }
    }
    return LinearBackward(
      layer, weight: own, gradient: gradient(weight), isTransposed: isTransposed,
      bias: bias.flatMap(gradient))
  }

  /// The backward pass of a layer whose weight and bias are named `prefix`weight and `prefix`bias.
  func linear(_ layer: Linear, _ prefix: String, passesDown: Bool = true) throws(Failure) -> LinearBackward {
    try linear(layer, weight: prefix + "weight", bias: prefix + "bias", passesDown: passesDown)
  }

  func layerNorm(_ norm: LayerNorm, _ prefix: String) -> LayerNormBackward {
    LayerNormBackward(norm, weight: gradient(prefix + "weight"), bias: gradient(prefix + "bias"))
  }
}
