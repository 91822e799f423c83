import Numerics
import Weights

/// What loading or running a model can fail with.
public struct ModelError: Error, Equatable, Sendable {
  public enum Kind: Sendable, Equatable {
    case missingTensor, tensorShape, optionConflict, unsupported, notFinite, invalidArgument
    case outOfMemory
    /// A tensor of the file, of this name, is used by no part of the model.
    case unknownTensor(String)
    /// The cancel token that the calling thread hears was set.
    case cancelled
    /// Reading the file failed below this room.
    case weights(WeightsError.Kind)
  }
  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// Runs `body`, whose error becomes this room's.
  static func numerics<R>(_ body: () throws(NumericsError) -> R) throws(ModelError) -> R {
    do { return try body() } catch { throw memory(error) }
  }

  static func memory(_ error: NumericsError) -> ModelError {
    switch error {
    case .outOfMemory(let bytes):
      ModelError(.outOfMemory, "out of memory: \(bytes) bytes could not be allocated")
    }
  }
}
