import CKernels
import System

/// Rows of fp32 numbers, a stride apart, in memory that another owns: activations that are kept for a backward pass,
/// and gradients.
public struct FloatRows: @unchecked Sendable {
  public let base: UnsafeMutablePointer<Float>
  /// Floats from one row to the next.
  public let stride: Int

  public init(_ base: UnsafeMutablePointer<Float>, stride: Int) {
    self.base = base
    self.stride = stride
  }

  /// Takes memory for `rows` rows of `width` numbers from the workspace, as far apart as products like it.
  public init(_ workspace: Workspace, rows: Int, width: Int) throws(Failure) {
    stride = ckernels_operand_stride(CKERNELS_FP32, width)
    base = try workspace.take(rows * stride)
  }

  /// The rows from `row` on.
  public func from(_ row: Int) -> FloatRows { FloatRows(base + row * stride, stride: stride) }
  /// The columns from `column` on.
  public func columns(from column: Int) -> FloatRows { FloatRows(base + column, stride: stride) }
  /// Where a row begins.
  public subscript(row: Int) -> UnsafeMutablePointer<Float> { base + row * stride }

  /// The rows as the A operand of a product, or where a product's results go.
  public var operand: Operand { Operand(base, stride: stride) }

  /// Copies `rows` rows of `width` numbers from other memory.
  public func copy(_ other: FloatRows, rows: Int, width: Int) {
    for row in 0..<rows { self[row].update(from: other[row], count: width) }
  }

  public func clear(rows: Int, width: Int) {
    for row in 0..<rows { self[row].update(repeating: 0, count: width) }
  }
}
