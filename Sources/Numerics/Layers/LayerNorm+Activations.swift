import CKernels
import System

/// Memory for one row of fp32 numbers for each thread.
public struct RowScratch: Sendable {
  fileprivate let regions: ThreadRegions

  public init(_ workspace: Workspace, width: Int, threads: Int) throws(Failure) {
    regions = try workspace.takePerThread(width, threads: threads)
  }
}

extension LayerNorm {
  /// Normalises rows of activations, fp32 or bf16, or the products of two such rows, to the A operand of a product,
  /// which may be `x` itself.
  public func apply(
    rows: Int, _ x: Operand, times other: Operand? = nil, to y: Operand, _ scratch: RowScratch,
    pool: ThreadPool
  ) {
    let block = 16
    pool.run(count: (rows + block - 1) / block) { index, slot in
      let numbers = scratch.regions[slot]
      for row in index * block..<min(rows, (index + 1) * block) {
        x.stored(row, width: width).write(to: numbers)
        other?.stored(row, width: width).multiply(into: numbers)
        var target = y.from(row).target
        ckernels_layer_norm(
          kernels.choice, 1, width, numbers, width, weight.base, bias.base, epsilon, &target)
      }
    }
  }
}
