import CKernels
import System

/// Layer normalisation over the last axis.
public struct LayerNorm: Sendable {
  public let weight: FloatBuffer  // [W]
  public let bias: FloatBuffer  // [W]
  public let epsilon: Float
  let kernels: Kernels

  public init(weight: FloatBuffer, bias: FloatBuffer, epsilon: Float, kernels: Kernels) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
    self.kernels = kernels
  }

  public var width: Int { weight.count }

  /// Normalises `rows` rows of x to y, which may be x. The pool's threads share the rows.
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int, pool: ThreadPool
  ) {
    apply(rows: rows, x, stride: xStride, to: Operand(y, stride: yStride), pool: pool)
  }

  /// Normalises `rows` rows of x to the A operand of a product.
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int, to y: Operand, pool: ThreadPool
  ) {
    pool.runRows(rows) { first, count in
      var target = y.from(first).target
      ckernels_layer_norm(
        kernels.choice, count, width, x + first * xStride, xStride, weight.base, bias.base, epsilon, &target)
    }
  }
}
