import System

/// Tensors that are made when they are read, each as a whole: none lies in memory or in a file as it is given.
public protocol ComputedTensors: TensorSource {}

extension ComputedTensors {
  public func isWhole(_ name: String) -> Bool { false }

  public func stored(_ name: String) -> UnsafeRawBufferPointer? { nil }

  public func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    throw Failure(.unsupported, "tensor '\(name)' is read as a whole")
  }

  public func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool { false }
}
