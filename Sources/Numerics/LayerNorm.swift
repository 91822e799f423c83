import CKernels

/// Layer normalisation over the last axis.
public struct LayerNorm: Sendable {
  public let weight: FloatBuffer  // [W]
  public let bias: FloatBuffer  // [W]
  public let epsilon: Float

  public init(weight: FloatBuffer, bias: FloatBuffer, epsilon: Float) {
    self.weight = weight
    self.bias = bias
    self.epsilon = epsilon
  }

  public var width: Int { weight.count }

  /// y[r] = norm(x[r]) for `rows` rows; `y` may be `x`. Rows are shared among the pool's threads.
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int, pool: ThreadPool
  ) {
    let block = 64
    pool.run(count: (rows + block - 1) / block) { index, _ in
      let first = index * block
      ckernels_layer_norm(
        min(block, rows - first), width, x + first * xStride, xStride, weight.base, bias.base,
        epsilon, y + first * yStride, yStride)
    }
  }
}

/// The instruction set in use on this processor: "avx512", "avx2" or "portable".
public let instructionSet = String(cString: ckernels_instruction_set())
