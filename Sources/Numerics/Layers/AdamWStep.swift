import CKernels
import System
import Synchronization

/// One step of AdamW (Loshchilov and Hutter, arXiv 1711.05101), as PyTorch computes it.
public struct AdamWStep: Sendable {
  private var step: ckernels_adamw

  /// The step of this number, from 1 on. Gradients are multiplied by `scale` first.
  public init(
    number: Int, rate: Double, weightDecay: Double, beta1: Double, beta2: Double, epsilon: Double,
    scale: Float = 1
  ) {
    func power(_ base: Double) -> Double {
      var (result, square, rest) = (1.0, base, max(number, 0))
      while rest > 0 {
        if rest % 2 == 1 { result *= square }
        square *= square
        rest /= 2
      }
      return result
    }
    step = ckernels_adamw(
      keep: Float(1 - rate * weightDecay), rate: Float(rate / (1 - power(beta1))), beta1: Float(beta1),
      beta2: Float(beta2), unbias: Float(1 / (1 - power(beta2)).squareRoot()), epsilon: Float(epsilon),
      scale: scale)
  }

  /// Changes `weight` and both moments, from its gradient; all of one size. Returns whether the weight is finite then.
  @discardableResult
  public func apply(
    _ weight: FloatBuffer, gradient: FloatBuffer, mean: FloatBuffer, square: FloatBuffer, kernels: Kernels,
    pool: ThreadPool
  ) -> Bool {
    precondition(
      gradient.count == weight.count && mean.count == weight.count && square.count == weight.count)
    let (w, g, m, v) = (weight.base, gradient.base, mean.base, square.base)
    let (count, share) = (weight.count, 1 << 16)
    let isFinite = Atomic<Bool>(true)
    pool.run(count: (count + share - 1) / share) { index, _ in
      let first = index * share
      let own = min(share, count - first)
      withUnsafePointer(to: step) {
        ckernels_adamw_step(kernels.choice, own, $0, g + first, m + first, v + first, w + first)
      }
      // While they are in the cache.
      if ckernels_all_finite(own, w + first) == 0 { isFinite.store(false, ordering: .relaxed) }
    }
    return isFinite.load(ordering: .relaxed)
  }
}
