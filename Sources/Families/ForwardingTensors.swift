import System
import Weights

/// Tensors each of which another source has, under the same name.
protocol ForwardingTensors: TensorSource {
  /// The source that has the tensor. For a name that no source has, a source that answers so.
  func source(of name: String) -> any TensorSource
}

extension ForwardingTensors {
  func info(_ name: String) -> TensorInfo? { source(of: name).info(name) }

  func isWhole(_ name: String) -> Bool { source(of: name).isWhole(name) }

  func check(_ name: String, _ pool: ThreadPool) throws(Failure) { try source(of: name).check(name, pool) }

  func stored(_ name: String) -> UnsafeRawBufferPointer? { source(of: name).stored(name) }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    try source(of: name).read(name, into: destination)
  }

  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    try source(of: name).read(name, from: first, into: destination)
  }

  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool {
    try source(of: name).readStored(name, into: destination)
  }
}
