import System
import Weights

/// A checkpoint's tensors, and the token embedding of another.
final class Completed: ForwardingTensors {
  static let tokenEmbedding = "token_embedding.weight"

  private let own: any TensorSource
  private let other: any TensorSource
  let names: [String]

  init(_ own: any TensorSource, with other: any TensorSource, of file: String) throws(WeightsError) {
    guard other.info(Completed.tokenEmbedding) != nil else {
      throw WeightsError(
        .missingTensor, "\(file): the base file has no tensor '\(Completed.tokenEmbedding)' either")
    }
    self.own = own
    self.other = other
    names = (own.names + [Completed.tokenEmbedding]).sorted(by: bytesPrecede)
  }

  func source(of name: String) -> any TensorSource {
    name.utf8.elementsEqual(Completed.tokenEmbedding.utf8) ? other : own
  }
}
