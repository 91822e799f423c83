import Text
import Weights

/// A checkpoint's tensors, and the token embedding of another.
final class Completed: TensorSource {
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
    names = (own.names + [Completed.tokenEmbedding]).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  private func source(_ name: String) -> any TensorSource {
    name.utf8.elementsEqual(Completed.tokenEmbedding.utf8) ? other : own
  }

  func info(_ name: String) -> TensorInfo? { source(name).info(name) }

  func isWhole(_ name: String) -> Bool { source(name).isWhole(name) }

  func stored(_ name: String) -> UnsafeRawBufferPointer? { source(name).stored(name) }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(WeightsError) {
    try source(name).read(name, into: destination)
  }

  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(WeightsError) {
    try source(name).read(name, from: first, into: destination)
  }

  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(WeightsError) -> Bool {
    try source(name).readStored(name, into: destination)
  }
}
