import CKernels
import System

/// Sums of a^T · b over rows, c [m, n] += a [rows, m]^T · b [rows, n]: the gradients of weights. a, b and c are fp32;
/// in bf16 a and b are rounded before they are multiplied, and sums stay fp32. Rows are taken in runs of a fixed
/// number, whose products are added in order, so that bits do not depend on the threads.
public struct TransposedProduct {
  private let kernels: Kernels
  private let precision: Precision
  private let turned: UnsafeMutablePointer<Float>  // a run of a, [m, run]
  private let packed: UnsafeMutablePointer<Float>  // a run of b
  private let most: (rows: Int, m: Int, n: Int)

  /// Rows of a run. Longer runs read and write c less often, and take more memory.
  private static let run = 512

  /// Takes memory for products of up to m by n over any number of rows, `rows` of them at once.
  public init(
    _ workspace: Workspace, rows: Int = Int.max, m: Int, n: Int, precision: Precision = .fp32,
    kernels: Kernels
  ) throws(Failure) {
    self.kernels = kernels
    self.precision = precision
    most = (max(1, min(rows, TransposedProduct.run)), m, n)
    turned = try workspace.take(m * ckernels_operand_stride(precision.kernel, most.rows))
    packed = try workspace.take(ckernels_packed_count(precision.kernel, n, most.rows))
  }

  /// Adds the sum over `rows` rows of a^T · b to c [m, n].
  public func add(
    rows: Int, _ a: FloatRows, m: Int, _ b: FloatRows, n: Int, to c: UnsafeMutablePointer<Float>,
    pool: ThreadPool
  ) {
    precondition(m <= most.m && n <= most.n)
    for first in stride(from: 0, to: rows, by: most.rows) {
      add(min(most.rows, rows - first), a.from(first), m, b.from(first), n, to: c, pool)
    }
  }

  private func add(
    _ rows: Int, _ a: FloatRows, _ m: Int, _ b: FloatRows, _ n: Int, to c: UnsafeMutablePointer<Float>,
    _ pool: ThreadPool
  ) {
    let (panel, stride) = (Int(CKERNELS_PANEL), ckernels_operand_stride(precision.kernel, rows))
    let (turned, packed, choice, kernel) = (turned, packed, kernels.choice, precision.kernel)
    let (panels, dwords, rounds) = (ckernels_panels(n), ckernels_dwords(kernel, rows), precision == .bf16)
    // Both are cut at whole cache lines of what is read.
    let columns = (m + 63) / 64
    pool.run(count: columns + panels) { index, _ in
      if index < columns {
        let (column, count) = (index * 64, min(64, m - index * 64))
        let to = turned + column * stride
        if rounds {
          ckernels_transpose_rounded(rows, count, a.base + column, a.stride, to, stride)
        } else {
          ckernels_transpose(rows, count, a.base + column, a.stride, to, stride)
        }
      } else {
        let column = (index - columns) * panel
        let (count, to) = (min(panel, n - column), packed + column * dwords)
        if rounds {
          ckernels_pack_rounded(count, rows, b.base + column, b.stride, to)
        } else {
          ckernels_pack_values(CKERNELS_FP32, count, rows, b.base + column, b.stride, to)
        }
      }
    }
    let tile = ckernels_tile_rows(choice, kernel)
    let tiles = (m + tile - 1) / tile
    let pieces = max(1, min(2 * pool.threads, tiles))
    pool.run(count: pieces) { index, _ in
      let row = tiles * index / pieces * tile
      let end = min(tiles * (index + 1) / pieces * tile, m)
      var operand = ckernels_operand(rows: turned + row * stride, stride: stride, scale: nil, zero: nil)
      var result = ckernels_result(
        bias: nil, activation: CKERNELS_IDENTITY, store: CKERNELS_ADD_FP32, y: c + row * n, stride: n)
      ckernels_gemm(choice, kernel, end - row, rows, &operand, packed, 0, panels, n, &result)
    }
  }
}
