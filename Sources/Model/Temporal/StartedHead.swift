import System
import TensorNames
import Weights

/// The tensors of a model with a temporal head that starts anew in place of its own.
public struct StartedHead: ComputedTensors {
  private let model: MixedTensors
  private let own: [StartedTensor]
  private let seed: UInt64
  public let names: [String]

  /// The same seed gives the same numbers.
  public init(_ model: ActionCLIP, _ head: TemporalHeadKind, frames: Int, seed: UInt64) throws(Failure) {
    guard !model.configuration.joint else {
      throw Failure(.optionConflict, "the model is joint, and a joint model has no temporal head")
    }
    guard head != IntegrationHead.kind else { throw IntegrationHead.untrained }
    var configuration = model.configuration
    configuration.frames = frames
    own = head.type.started(configuration)
    self.model = MixedTensors(model)
    self.seed = seed
    names = (self.model.names.filter { !$0.hasPrefix(TensorNames.Head.prefix) } + own.map(\.name)).sorted {
      $0.utf8.lexicographicallyPrecedes($1.utf8)
    }
  }

  public func info(_ name: String) -> TensorInfo? {
    guard name.hasPrefix(TensorNames.Head.prefix) else { return model.info(name) }
    return own.first { $0.name == name }.flatMap {
      TensorInfo(name: name, elementType: .f32, shape: $0.shape)
    }
  }

  public func read(
    _ name: String, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard name.hasPrefix(TensorNames.Head.prefix) else { return try model.read(name, into: destination) }
    guard let index = own.firstIndex(where: { $0.name == name }) else {
      throw Failure(.missingTensor, "tensor '\(name)' is missing")
    }
    guard destination.count == own[index].shape.reduce(1, *) else {
      throw Failure(.tensorShape, "tensor '\(name)' has another size")
    }
    // A generator for each tensor, so that the order of reading does not matter.
    var numbers = StartNumbers(seed: seed, stream: UInt64(index))
    for i in destination.indices {
      destination[i] = Float(numbers.next(own[index].start, at: i, of: destination.count))
    }
  }
}
