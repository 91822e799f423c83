import Numerics
import System
import TensorNames
import Weights

/// The tensors of a model, and context vectors that start anew.
public struct StartedContext: ComputedTensors {
  private let model: any TensorSource
  private let numbers: FloatBuffer  // [K, X]
  private let width: Int
  public let names: [String]

  /// `numbers` are [K, X] with X = `width`; the model has no context vectors yet.
  public init(_ model: any TensorSource, _ numbers: FloatBuffer, width: Int) {
    (self.model, self.numbers, self.width) = (model, numbers, width)
    names = (model.names + [TensorNames.Text.context]).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  /// Fills context vectors with normal numbers of deviation 0.02, as CoOp does. The same seed gives the same numbers.
  public static func draw(_ numbers: FloatBuffer, seed: UInt64) {
    var random = StartNumbers(seed: seed, stream: stream)
    for i in 0..<numbers.count { numbers.base[i] = Float(random.next(.normal, at: i, of: numbers.count)) }
  }

  /// A head's tensors have the streams from 0 on.
  private static let stream = UInt64.max

  public func info(_ name: String) -> TensorInfo? {
    guard name == TensorNames.Text.context else { return model.info(name) }
    return TensorInfo(name: name, elementType: .f32, shape: [numbers.count / width, width])
  }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard name == TensorNames.Text.context else { return try model.read(name, into: destination) }
    guard let to = destination.baseAddress, destination.count == numbers.count else {
      throw Failure(.tensorShape, "tensor '\(name)' has another size")
    }
    to.update(from: numbers.base, count: numbers.count)
  }
}
