import CKernels
import System

/// Sums of a^T · b over rows, c [m, n] += a [rows, m]^T · b [rows, n] in fp32: the gradients of weights. Rows are
/// taken in runs of a fixed number, whose products are added in order, so that bits do not depend on the threads.
public struct TransposedProduct {
  private let kernels: Kernels
  private let turned: UnsafeMutablePointer<Float>  // a run of a, [m, run]
  private let packed: UnsafeMutablePointer<Float>  // a run of b
  private let most: (m: Int, n: Int)

  /// Rows of a run. Longer runs read and write c less often, and take more memory.
  private static let run = 512

  /// Takes memory for products of up to m by n.
  public init(_ workspace: Workspace, m: Int, n: Int, kernels: Kernels) throws(Failure) {
    self.kernels = kernels
    most = (m, n)
    turned = try workspace.take(m * ckernels_operand_stride(CKERNELS_FP32, TransposedProduct.run))
    packed = try workspace.take(ckernels_packed_count(CKERNELS_FP32, n, TransposedProduct.run))
  }

  /// Adds the sum over `rows` rows of a^T · b to c [m, n].
  public func add(
    rows: Int, _ a: FloatRows, m: Int, _ b: FloatRows, n: Int, to c: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    precondition(m <= most.m && n <= most.n)
    for first in stride(from: 0, to: rows, by: TransposedProduct.run) {
      let count = min(TransposedProduct.run, rows - first)
      add(count, a.from(first), m, b.from(first), n, to: c, pool)
    }
  }

  private func add(
    _ rows: Int, _ a: FloatRows, _ m: Int, _ b: FloatRows, _ n: Int, to c: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) {
    let (panel, stride) = (Int(CKERNELS_PANEL), ckernels_operand_stride(CKERNELS_FP32, rows))
    let (turned, packed, choice) = (turned, packed, kernels.choice)
    let panels = ckernels_panels(n)
    // Both are cut at whole cache lines of what is read.
    let columns = (m + 63) / 64
    pool.run(count: columns + panels) { index, _ in
      if index < columns {
        let column = index * 64
        ckernels_transpose(
          rows, min(64, m - column), a.base + column, a.stride, turned + column * stride, stride)
      } else {
        let column = (index - columns) * panel
        ckernels_pack_values(
          CKERNELS_FP32, min(panel, n - column), rows, b.base + column, b.stride, packed + column * rows)
      }
    }
    let tile = ckernels_tile_rows(choice, CKERNELS_FP32)
    let tiles = (m + tile - 1) / tile
    let pieces = max(1, min(2 * pool.threads, tiles))
    pool.run(count: pieces) { index, _ in
      let row = tiles * index / pieces * tile
      let end = min(tiles * (index + 1) / pieces * tile, m)
      var operand = ckernels_operand(rows: turned + row * stride, stride: stride, scale: nil, zero: nil)
      var result = ckernels_result(
        bias: nil, activation: CKERNELS_IDENTITY, store: CKERNELS_ADD_FP32, y: c + row * n, stride: n)
      ckernels_gemm(
        choice, CKERNELS_FP32, end - row, rows, &operand, packed, 0, panels, n, &result)
    }
  }
}
