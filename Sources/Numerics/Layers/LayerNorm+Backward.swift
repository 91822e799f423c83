import CKernels
import System

/// The backward pass of layer normalisation.
public struct LayerNormBackward: Sendable {
  public let norm: LayerNorm
  /// Where the gradients of weight and bias are summed, [W]; nil: they are not trained.
  private let weight, bias: FloatBuffer?

  /// Weight and bias are trained together, or neither.
  public init(_ norm: LayerNorm, weight: FloatBuffer?, bias: FloatBuffer?) {
    self.norm = norm
    self.weight = weight
    self.bias = bias
  }

  /// Adds the gradients of weight and bias over `rows` rows of the norm's input x, from dy, and writes that of x to dx,
  /// or adds it; dx may be nil, and is not dy. `moments` is scratch memory [rows, 2].
  public func apply(
    rows: Int, x: FloatRows, dy: FloatRows, to dx: FloatRows?, adding: Bool = false,
    moments: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    let (width, choice, gains) = (norm.width, norm.kernels.choice, norm.weight.base)
    pool.runRows(rows) { first, count in
      ckernels_layer_norm_gradient(
        choice, count, width, x[first], x.stride, gains, norm.epsilon, dy[first], dy.stride,
        dx.map { $0[first] }, dx?.stride ?? 0, adding ? 1 : 0, moments + 2 * first)
    }
    guard let weight, let bias else { return }
    let (products, sums, share) = (weight.base, bias.base, 64)
    pool.run(count: (width + share - 1) / share) { index, _ in
      let first = index * share
      ckernels_column_gradients(
        choice, rows, min(share, width - first), dy.base + first, dy.stride, x.base + first, x.stride,
        moments,
        products + first, sums + first)
    }
  }
}
