import CKernels

public enum Activation: Sendable {
  case identity, quickGELU, relu

  var kernel: ckernels_activation {
    switch self {
    case .identity: CKERNELS_IDENTITY
    case .quickGELU: CKERNELS_QUICK_GELU
    case .relu: CKERNELS_RELU
    }
  }
}

/// Row counts that products are padded to. A matrix kernel treats the rows of a partial tile
/// differently from those of a full one; with full tiles only, a row's result does not depend on
/// where it stands or how many others there are. Every buffer given to `Linear` has this many rows.
public func paddedRows(_ rows: Int) -> Int { (rows + 31) & ~31 }

/// y = x · weight^T + bias: the compute layer's one interface to matrix products with weights.
/// Faster kernels and other precisions go behind it.
public struct Linear: Sendable {
  public let weight: FloatBuffer  // [outputs, inputs]
  public let bias: FloatBuffer?  // [outputs]
  public let inputs: Int
  public let outputs: Int

  public init(weight: FloatBuffer, bias: FloatBuffer?, inputs: Int, outputs: Int) {
    self.weight = weight
    self.bias = bias
    self.inputs = inputs
    self.outputs = outputs
  }

  /// y [paddedRows(rows), outputs] = activation(x [paddedRows(rows), inputs] · weight^T + bias).
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int,
    activation: Activation = .identity, pool: ThreadPool
  ) {
    forEachBlock(rows: rows, pool: pool) { block in
      multiply(block, x, xStride, y, yStride)
      let live = min(block.rows, rows - block.row)
      guard live > 0 else { return }
      ckernels_bias_activation(
        live, block.columns, y + block.row * yStride + block.column, yStride,
        bias.map { UnsafePointer($0.base + block.column) }, activation.kernel)
    }
  }

  /// residual [rows, outputs] += x [paddedRows(rows), inputs] · weight^T + bias, with
  /// `scratch` [paddedRows(rows), outputs] for the product.
  public func add(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to residual: UnsafeMutablePointer<Float>, stride residualStride: Int,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    forEachBlock(rows: rows, pool: pool) { block in
      multiply(block, x, xStride, scratch, outputs)
      let live = min(block.rows, rows - block.row)
      guard live > 0 else { return }
      ckernels_add_bias(
        live, block.columns, scratch + block.row * outputs + block.column, outputs,
        bias.map { UnsafePointer($0.base + block.column) },
        residual + block.row * residualStride + block.column, residualStride)
    }
  }

  struct Block {
    var row, rows, column, columns: Int
  }

  private func multiply(
    _ block: Block, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafeMutablePointer<Float>, _ yStride: Int
  ) {
    ckernels_gemm_nt(
      block.rows, block.columns, inputs, 1, x + block.row * xStride, xStride,
      weight.base + block.column * inputs, inputs,
      y + block.row * yStride + block.column, yStride)
  }

  /// Cuts the product into one block a thread: by rows when there are enough to pay for reading all
  /// weights in each block, by outputs otherwise. Cuts fall on whole tiles, so they do not change
  /// the result.
  private func forEachBlock(rows: Int, pool: ThreadPool, _ body: (Block) -> Void) {
    let padded = paddedRows(rows)
    let share = paddedRows((padded + pool.threads - 1) / pool.threads)
    if share >= 128 || pool.threads == 1 {
      pool.run(count: (padded + share - 1) / share) { index, _ in
        let row = index * share
        body(Block(row: row, rows: min(share, padded - row), column: 0, columns: outputs))
      }
    } else {
      let panel = ((outputs + pool.threads - 1) / pool.threads + 63) & ~63
      pool.run(count: (outputs + panel - 1) / panel) { index, _ in
        let column = index * panel
        body(
          Block(row: 0, rows: padded, column: column, columns: min(panel, outputs - column)))
      }
    }
  }
}
