import CKernels
import System

extension Linear {
  /// Packs the weight anew in place. It is stored as [outputs, inputs], or transposed. Nothing else may use the layer
  /// meanwhile: only the owner of a copy that is being trained calls this.
  public func repack(_ weight: UnsafePointer<Float>, isTransposed: Bool, pool: ThreadPool) {
    precondition(precision != .int8)
    let (packed, panel, kernel) = (packed, Int(CKERNELS_PANEL), precision.kernel)
    Linear.forEachShare(outputs, pool) { first, count in
      guard isTransposed else {
        return ckernels_pack_part(
          kernel, outputs, inputs, first, count, weight + first * inputs, inputs, packed.base)
      }
      for output in stride(from: first, to: first + count, by: panel) {
        let to = packed.base + output * ckernels_dwords(kernel, inputs)
        let columns = min(panel, first + count - output)
        if precision == .bf16 {
          ckernels_pack_rounded(columns, inputs, weight + output, outputs, to)
        } else {
          ckernels_pack_values(CKERNELS_FP32, columns, inputs, weight + output, outputs, to)
        }
      }
    }
  }

  /// A layer of the same precision with this one's weight transposed and no bias, to be filled by `repack`: applied to
  /// the gradient of this layer's result, it gives that of its input.
  public func turned() throws(Failure) -> Linear {
    try Linear(inputs: outputs, outputs: inputs, precision: precision, kernels: kernels)
  }
}

/// The backward pass of a linear layer y = x · weight^T + bias. Rows and gradients are fp32; products round them to the
/// layer's input precision.
public struct LinearBackward: Sendable {
  /// The weight, for the gradient of the layer's input.
  public enum Weight: Sendable {
    /// The gradient goes no further down.
    case none
    /// The numbers that are trained, as `repack` takes them.
    case trained(FloatBuffer)
    /// A weight that stays as it is: weight^T as a layer of its own.
    case turned(Linear)
  }

  public let layer: Linear
  private let weight: Weight
  /// Where the weight's gradient is summed, [outputs, inputs], or [inputs, outputs] where it is stored so; nil: the
  /// weight is not trained.
  private let gradient: FloatBuffer?
  private let isTransposed: Bool
  private let bias: FloatBuffer?  // [outputs]

  public init(
    _ layer: Linear, weight: Weight, gradient: FloatBuffer?, isTransposed: Bool = false, bias: FloatBuffer?
  ) {
    self.layer = layer
    self.weight = weight
    self.gradient = gradient
    self.isTransposed = isTransposed
    self.bias = bias
  }

  /// Whether `inputGradient` computes anything.
  public var passesDown: Bool { if case .none = weight { false } else { true } }

  /// Adds the gradients of weight and bias over `rows` rows of x [rows, inputs], from dy [rows, outputs].
  public func addGradients(
    rows: Int, x: FloatRows, dy: FloatRows, _ product: TransposedProduct, pool: ThreadPool
  ) {
    addGradients(rows: rows, x: x, dy: dy, ofOutputs: 0..<layer.outputs, product, pool: pool)
  }

  /// Adds the gradients of some outputs' weights and biases, from dy [rows, outputs.count] of those alone.
  public func addGradients(
    rows: Int, x: FloatRows, dy: FloatRows, ofOutputs outputs: Range<Int>, _ product: TransposedProduct,
    pool: ThreadPool
  ) {
    if let gradient {
      if isTransposed {
        precondition(outputs.count == layer.outputs)
        product.add(
          rows: rows, x, m: layer.inputs, dy, n: layer.outputs, to: gradient.base, pool: pool)
      } else {
        product.add(
          rows: rows, dy, m: outputs.count, x, n: layer.inputs,
          to: gradient.base + outputs.lowerBound * layer.inputs, pool: pool)
      }
    }
    guard let bias else { return }
    addColumns(
      rows: rows, width: outputs.count, dy, to: bias.base + outputs.lowerBound, kernels: layer.kernels, pool)
    extendLifetime(bias)
  }

  /// Writes the gradient of x [rows, inputs] to dx, or adds it, from dy [rows, outputs].
  public func inputGradient(
    rows: Int, dy: FloatRows, to dx: FloatRows, adding: Bool = false, _ product: InputProduct,
    pool: ThreadPool
  ) {
    switch weight {
    case .none: return
    case .trained(let numbers):
      let operand = product.rounded.input(
        rows: rows, dy, width: layer.outputs, layer.inputPrecision, layer.kernels, pool: pool)
      product.apply(
        rows: rows, operand, layer, numbers, isStoredTransposed: isTransposed, to: dx, adding: adding,
        pool: pool)
    case .turned(let turned):
      let operand = product.rounded.input(of: turned, rows: rows, dy, pool: pool)
      if adding {
        turned.add(rows: rows, operand, to: dx.base, stride: dx.stride, pool: pool)
      } else {
        turned.apply(rows: rows, operand, to: dx.operand, pool: pool)
      }
    }
  }
}

/// Adds the sum of `rows` rows of x [rows, width] to `sums` [width], in their order.
public func addColumns(
  rows: Int, width: Int, _ x: FloatRows, to sums: UnsafeMutablePointer<Float>, kernels: Kernels,
  _ pool: ThreadPool
) {
  let share = 64
  pool.run(count: (width + share - 1) / share) { index, _ in
    let first = index * share
    ckernels_column_gradients(
      kernels.choice, rows, min(share, width - first), x.base + first, x.stride, nil, 0, nil, nil,
      sums + first)
  }
}
