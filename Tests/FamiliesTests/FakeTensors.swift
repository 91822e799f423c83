import System
import Testing
import Weights

/// Tensors of small whole numbers, counted up from each one's own first number.
final class FakeTensors: TensorSource {
  private let tensors: [String: (info: TensorInfo, first: Int)]
  let names: [String]

  init(_ shapes: [(name: String, shape: [Int])], type: ElementType = .f32) throws {
    var tensors: [String: (info: TensorInfo, first: Int)] = [:]
    var next = 0
    for (name, shape) in shapes {
      let info = try #require(TensorInfo(name: name, elementType: type, shape: shape))
      tensors[name] = (info, next)
      next += info.count
    }
    self.tensors = tensors
    names = shapes.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  convenience init(names: [String]) throws { try self.init(names.map { ($0, [1]) }) }

  func info(_ name: String) -> TensorInfo? { tensors[name]?.info }
  func isWhole(_ name: String) -> Bool { true }
  func stored(_ name: String) -> UnsafeRawBufferPointer? { nil }

  func read(_ name: String, into destination: UnsafeMutableBufferPointer<Float>) throws(Failure) {
    try read(name, from: 0, into: destination)
  }

  func read(
    _ name: String, from first: Int, into destination: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    guard let tensor = tensors[name], first + destination.count <= tensor.info.count else {
      throw Failure(.missingTensor, name)
    }
    for i in 0..<destination.count { destination[i] = Float(tensor.first + first + i) }
  }

  /// One byte for each element: the low byte of its number.
  func readStored(
    _ name: String, into destination: UnsafeMutableRawBufferPointer
  ) throws(Failure) -> Bool {
    guard let tensor = tensors[name] else { throw Failure(.missingTensor, name) }
    for i in 0..<destination.count { destination[i] = UInt8(truncatingIfNeeded: tensor.first + i) }
    return true
  }
}
