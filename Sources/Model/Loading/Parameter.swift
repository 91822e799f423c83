import System
import Numerics
import TensorNames

/// A tensor of the file a model came from, and the place where the model keeps its numbers. Nothing is kept twice:
/// numbers packed for the kernels are unpacked again when they are asked for.
public struct Parameter: Sendable {
  enum Storage: Sendable {
    case plain(FloatBuffer)
    /// [outputs, inputs], however many dimensions the file gives it.
    case packed(Linear)
    case table(EmbeddingTable)
    /// [inputs, outputs] in the file.
    case transposed(Linear)
  }

  /// The tensor's name, as in `TensorNames`.
  public let name: String
  public let shape: [Int]
  /// The lowest precision that any model holds it in.
  public let minimumPrecision: Precision
  let storage: Storage

  /// Whether it is a matrix of an encoder's block, which files may hold in int8.
  public var isBlockMatrix: Bool {
    shape.count == 2 && !name.hasSuffix(TensorNames.Block.prompts)
      && (name.hasPrefix(TensorNames.Vision.blocks) || name.hasPrefix(TensorNames.Text.blocks))
  }

  /// Bytes that the numbers take.
  var bytes: Int {
    switch storage {
    case .plain(let buffer): 4 * buffer.count
    case .table(let table): table.bytes
    case .packed(let linear), .transposed(let linear): linear.bytes
    }
  }

  public var count: Int { shape.reduce(1, *) }

  /// Whether `quantised` gives the numbers of a rotated weight.
  public var isRotatedInInt8: Bool {
    if case .packed(let linear) = storage { linear.isRotatedInInt8 } else { false }
  }

  /// The numbers as int8 with a scale for each output, as a model that computes in int8 has them; nothing for a tensor
  /// that is never held so.
  public func quantised() throws(Failure) -> (numbers: FloatBuffer, scales: FloatBuffer) {
    guard case .packed(let linear) = storage else {
      return (try FloatBuffer(count: 0), try FloatBuffer(count: 0))
    }
    return try linear.quantised()
  }

  /// The precision the numbers are held in: below fp32 they were rounded at load.
  public var precision: Precision {
    switch storage {
    case .plain: .fp32
    case .table(let table): table.precision
    case .packed(let linear), .transposed(let linear): linear.precision
    }
  }

  /// The numbers as they are held, row-major; in fp32 those that were read at load, bit for bit.
  public func values() throws(Failure) -> FloatBuffer {
    switch storage {
    case .plain(let buffer): return buffer
    case .table(let table): return try table.values()
    case .packed(let linear): return try linear.weight()
    case .transposed(let linear):
      let stored = try FloatBuffer(count: count)
      try linear.weight().transpose(rows: linear.outputs, columns: linear.inputs, into: stored)
      return stored
    }
  }
}
