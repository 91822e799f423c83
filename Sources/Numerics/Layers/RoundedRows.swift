import System

/// Memory for rows of fp32 numbers rounded to the precision that a layer multiplies. Layers whose input is fp32 take the
/// rows themselves, and no memory.
public struct RoundedRows: Sendable {
  private let memory: Operand?

  /// Takes memory for up to `rows` rows of `width` numbers, the input of layers in the precision of `layer`.
  public init(_ workspace: Workspace, rows: Int, width: Int, for layer: Linear) throws(Failure) {
    memory =
      layer.inputPrecision == .fp32
      ? nil : try Operand(workspace, layer.inputPrecision, rows: rows, width: width)
  }

  /// No memory, for layers whose input is fp32.
  public init() { memory = nil }

  /// `rows` rows of x as the input of a layer. They last until the next ones are made.
  public func input(of layer: Linear, rows: Int, _ x: FloatRows, pool: ThreadPool) -> Operand {
    input(rows: rows, x, width: layer.inputs, layer.inputPrecision, layer.kernels, pool: pool)
  }

  /// `rows` rows of x [rows, width] in a precision, fp32 or that of the memory. They last until the next ones are made.
  func input(
    rows: Int, _ x: FloatRows, width: Int, _ precision: Precision, _ kernels: Kernels, pool: ThreadPool
  ) -> Operand {
    guard let memory, precision != .fp32 else { return x.operand }
    let operand = memory.reshaped(width: width)
    operand.fill(rows: rows, x.base, stride: x.stride, width: width, kernels: kernels, pool: pool)
    return operand
  }
}
