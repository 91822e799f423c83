import CKernels
import System

/// Products dx [rows, inputs] = dy [rows, outputs] · weight [outputs, inputs]: the gradients of layers' inputs. The
/// weight is read row by row in fp32, as it is trained: each thread packs some of its panels, rounded in bf16, and
/// multiplies all rows by them at once, so that no transposed copy is kept. Bits are those of a weight that was packed
/// before.
public struct InputProduct: Sendable {
  let rounded: RoundedRows
  private let panels: ThreadRegions

  /// Bytes that a thread packs before it multiplies, where two panels take less: they stay in its second-level cache.
  private static let packedBytes = 256 << 10

  /// Takes memory for layers of up to `outputs` outputs in the precision of `layer`, on `threads` threads. Rows are
  /// rounded in the memory of `rounded`.
  public init(
    _ workspace: Workspace, outputs: Int, _ rounded: RoundedRows, for layer: Linear, threads: Int
  ) throws(Failure) {
    self.rounded = rounded
    let pair = 2 * Int(CKERNELS_PANEL) * ckernels_dwords(layer.precision.kernel, outputs)
    panels = try workspace.takePerThread(max(pair, InputProduct.packedBytes / 4), threads: threads)
  }

  /// Writes the product to dx, or adds it. `isStoredTransposed` says whether the weight is stored as [inputs, outputs].
  func apply(
    rows: Int, _ dy: Operand, _ layer: Linear, _ weight: FloatBuffer, isStoredTransposed: Bool,
    to dx: FloatRows, adding: Bool, pool: ThreadPool
  ) {
    let (inputs, outputs, kernel) = (layer.inputs, layer.outputs, layer.precision.kernel)
    let (choice, weights) = (layer.kernels.choice, weight.base)
    let pair = 2 * Int(CKERNELS_PANEL)
    let dwords = pair * ckernels_dwords(kernel, outputs)
    let pairs = (inputs + pair - 1) / pair
    let together = max(
      1, min(InputProduct.packedBytes / 4 / max(dwords, 1), pairs / (2 * pool.threads)))
    pool.run(count: (pairs + together - 1) / together) { index, slot in
      let first = index * together * pair
      let (count, packed) = (min(together * pair, inputs - first), panels[slot])
      if isStoredTransposed {
        ckernels_pack_part(
          kernel, count, outputs, 0, count, weights + first * outputs, outputs, packed)
      } else if kernel == CKERNELS_BF16 {
        ckernels_pack_rounded(count, outputs, weights + first, inputs, packed)
      } else {
        ckernels_pack_values(CKERNELS_FP32, count, outputs, weights + first, inputs, packed)
      }
      var operand = dy.kernel
      var result = ckernels_result(
        bias: nil, activation: CKERNELS_IDENTITY, store: adding ? CKERNELS_ADD_FP32 : CKERNELS_STORE_FP32,
        y: dx.base + first, stride: dx.stride)
      ckernels_gemm(
        choice, kernel, rows, outputs, &operand, packed, 0, ckernels_panels(count), count, &result)
    }
    extendLifetime(weight)
  }
}
