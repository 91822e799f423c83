import CKernels
import System

extension Activation {
  /// Writes activation(x) to y [rows, width], with the bits of a product that applies it.
  public func apply(
    rows: Int, width: Int, _ x: FloatRows, to y: FloatRows, kernels: Kernels, pool: ThreadPool
  ) {
    pool.runRows(rows) { first, count in
      for row in first..<first + count { ckernels_activate(kernels.choice, kernel, width, x[row], y[row]) }
    }
  }

  /// Multiplies the gradient of y = activation(x) by activation'(x), in place, and writes y.
  public func backward(
    rows: Int, width: Int, x: FloatRows, gradient: FloatRows, to y: FloatRows, kernels: Kernels,
    pool: ThreadPool
  ) {
    pool.runRows(rows) { first, count in
      for row in first..<first + count {
        ckernels_activation_gradient(kernels.choice, kernel, width, x[row], gradient[row], y[row])
      }
    }
  }
}
