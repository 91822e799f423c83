import CKernels
import System

extension Linear {
  /// Packs the weight anew in place, in fp32. It is stored as [outputs, inputs], or transposed. Nothing else may use
  /// the layer meanwhile: only the owner of a copy that is being trained calls this.
  public func repack(_ weight: UnsafePointer<Float>, isTransposed: Bool, pool: ThreadPool) {
    precondition(precision == .fp32)
    let (packed, panel) = (packed, Int(CKERNELS_PANEL))
    Linear.forEachShare(outputs, pool) { first, count in
      guard isTransposed else {
        return ckernels_pack_part(
          CKERNELS_FP32, outputs, inputs, first, count, weight + first * inputs, inputs, packed.base)
      }
      for output in stride(from: first, to: first + count, by: panel) {
        ckernels_pack_values(
          CKERNELS_FP32, min(panel, first + count - output), inputs, weight + output, outputs,
          packed.base + output * inputs)
      }
    }
  }

  /// A layer in fp32 with this one's weight transposed and no bias, to be filled by `repack`: applied to the gradient
  /// of this layer's result, it gives that of its input.
  public func turned() throws(Failure) -> Linear {
    try Linear(inputs: outputs, outputs: inputs, kernels: kernels)
  }
}

/// The backward pass of a linear layer y = x · weight^T + bias, in fp32.
public struct LinearBackward: Sendable {
  public let layer: Linear
  /// weight^T as a layer of its own; nil where the gradient goes no further down.
  public let turned: Linear?
  /// Where the weight's gradient is summed, [outputs, inputs], or [inputs, outputs] where it is stored so; nil: the
  /// weight is not trained.
  private let weight: FloatBuffer?
  private let isTransposed: Bool
  private let bias: FloatBuffer?  // [outputs]

  public init(
    _ layer: Linear, turned: Linear?, weight: FloatBuffer?, isTransposed: Bool = false, bias: FloatBuffer?
  ) {
    self.layer = layer
    self.turned = turned
    self.weight = weight
    self.isTransposed = isTransposed
    self.bias = bias
  }

  /// Adds the gradients of weight and bias over `rows` rows of x [rows, inputs], from dy [rows, outputs].
  public func addGradients(
    rows: Int, x: FloatRows, dy: FloatRows, _ product: TransposedProduct, pool: ThreadPool
  ) {
    if let weight {
      if isTransposed {
        product.add(
          rows: rows, x, m: layer.inputs, dy, n: layer.outputs, to: weight.base, pool: pool)
      } else {
        product.add(
          rows: rows, dy, m: layer.outputs, x, n: layer.inputs, to: weight.base, pool: pool)
      }
    }
    if let bias { addColumns(rows: rows, width: layer.outputs, dy, to: bias, kernels: layer.kernels, pool) }
  }

  /// Writes the gradient of x [rows, inputs] to dx, or adds it, from dy [rows, outputs].
  public func inputGradient(
    rows: Int, dy: FloatRows, to dx: FloatRows, adding: Bool = false, pool: ThreadPool
  ) {
    guard let turned else { return }
    if adding {
      turned.add(rows: rows, dy.operand, to: dx.base, stride: dx.stride, pool: pool)
    } else {
      turned.apply(rows: rows, dy.operand, to: dx.operand, pool: pool)
    }
  }
}

/// Adds the sum of `rows` rows of x [rows, width] to `sums` [width], in their order.
public func addColumns(
  rows: Int, width: Int, _ x: FloatRows, to sums: FloatBuffer, kernels: Kernels, _ pool: ThreadPool
) {
  let (share, sums) = (64, sums.base)
  pool.run(count: (width + share - 1) / share) { index, _ in
    let first = index * share
    ckernels_column_gradients(
      kernels.choice, rows, min(share, width - first), x.base + first, x.stride, nil, 0, nil, nil,
      sums + first)
  }
}
