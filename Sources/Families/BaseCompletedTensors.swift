import System
import TensorNames
import Weights

/// A checkpoint's tensors, and the token embedding of another.
final class BaseCompletedTensors: ForwardingTensors {
  private let own: any TensorSource
  private let other: any TensorSource
  let names: [String]

  init(_ own: any TensorSource, with other: any TensorSource, of file: String) throws(Failure) {
    guard other.info(TensorNames.Text.tokenEmbedding) != nil else {
      throw Failure(
        .missingTensor, "\(file): the base file has no tensor '\(TensorNames.Text.tokenEmbedding)' either")
    }
    self.own = own
    self.other = other
    names = (own.names + [TensorNames.Text.tokenEmbedding]).sorted(by: bytesPrecede)
  }

  func source(of name: String) -> any TensorSource {
    name.utf8.elementsEqual(TensorNames.Text.tokenEmbedding.utf8) ? other : own
  }
}
