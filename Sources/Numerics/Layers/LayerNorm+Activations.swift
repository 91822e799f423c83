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
        expand(x.from(row), to: numbers)
        if let other { multiply(numbers, by: other.from(row)) }
        var target = y.from(row).target
        ckernels_layer_norm(
          kernels.choice, 1, width, numbers, width, weight.base, bias.base, epsilon, &target)
      }
    }
  }

  private func expand(_ row: Operand, to numbers: UnsafeMutablePointer<Float>) {
    guard row.precision == .bf16 else {
      return numbers.update(from: row.base.assumingMemoryBound(to: Float.self), count: width)
    }
    let halves = row.base.assumingMemoryBound(to: UInt16.self)
    for i in 0..<width { numbers[i] = Float(bitPattern: UInt32(halves[i]) << 16) }
  }

  private func multiply(_ numbers: UnsafeMutablePointer<Float>, by row: Operand) {
    guard row.precision == .bf16 else {
      let others = row.base.assumingMemoryBound(to: Float.self)
      for i in 0..<width { numbers[i] *= others[i] }
      return
    }
    let halves = row.base.assumingMemoryBound(to: UInt16.self)
    for i in 0..<width { numbers[i] *= Float(bitPattern: UInt32(halves[i]) << 16) }
  }
}
