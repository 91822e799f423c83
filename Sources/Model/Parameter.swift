import Numerics

/// A tensor of the file a model came from, and the place where the model keeps its numbers. Nothing is
/// kept twice: what was packed for the kernels is unpacked again when somebody asks.
public struct Parameter: Sendable {
  enum Storage: Sendable {
    case plain(FloatBuffer)
    /// [outputs, inputs], however many dimensions the file gives it.
    case packed(Linear)
    /// [inputs, outputs] in the file.
    case transposed(Linear)
  }

  /// As in the file, without `module.` prefixes.
  public let name: String
  public let shape: [Int]
  let storage: Storage

  public var count: Int { shape.reduce(1, *) }

  /// The numbers that were read at load, bit for bit, row-major.
  public func values() throws(ModelError) -> FloatBuffer {
    do throws(NumericsError) {
      switch storage {
      case .plain(let buffer): return buffer
      case .packed(let linear): return try linear.weight()
      case .transposed(let linear):
        let stored = try FloatBuffer(count: count)
        try linear.weight().transpose(rows: linear.outputs, columns: linear.inputs, into: stored)
        return stored
      }
    } catch { throw ModelError.memory(error) }
  }
}
