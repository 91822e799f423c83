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

/// y = x · weight^T + bias: the compute layer's one interface to products with weights. Faster
/// kernels and other precisions go behind it. A row's result depends on that row alone.
public struct Linear: Sendable {
  public let inputs: Int
  public let outputs: Int
  public let bias: FloatBuffer?  // [outputs]
  private let packed: FloatBuffer

  /// Packs `weight` [outputs, inputs], which is not needed afterwards.
  public init(
    weight: FloatBuffer, bias: FloatBuffer?, inputs: Int, outputs: Int
  ) throws(NumericsError) {
    self.inputs = inputs
    self.outputs = outputs
    self.bias = bias
    packed = try FloatBuffer(count: ckernels_packed_count(outputs, inputs))
    withExtendedLifetime(weight) {
      ckernels_pack_rows(outputs, inputs, weight.base, inputs, packed.base)
    }
  }

  /// The weight [outputs, inputs] as it was given, bit for bit, in memory of its own.
  public func weight() throws(NumericsError) -> FloatBuffer {
    let weight = try FloatBuffer(count: outputs * inputs)
    withExtendedLifetime(packed) { ckernels_unpack_rows(outputs, inputs, packed.base, weight.base) }
    return weight
  }

  /// y [rows, outputs] = activation(x [rows, inputs] · weight^T + bias).
  public func apply(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to y: UnsafeMutablePointer<Float>, stride yStride: Int,
    activation: Activation = .identity, pool: ThreadPool
  ) {
    forEachBlock(rows: rows, pool: pool) { block in
      let target = y + block.row * yStride
      multiply(block, x, xStride, target, yStride)
      ckernels_bias_activation(
        block.rows, block.columns, target + block.column, yStride, bias(block), activation.kernel)
    }
  }

  /// residual [rows, outputs] += x [rows, inputs] · weight^T + bias, with `scratch` [rows, outputs]
  /// for the product.
  public func add(
    rows: Int, _ x: UnsafePointer<Float>, stride xStride: Int,
    to residual: UnsafeMutablePointer<Float>, stride residualStride: Int,
    scratch: UnsafeMutablePointer<Float>, pool: ThreadPool
  ) {
    forEachBlock(rows: rows, pool: pool) { block in
      let product = scratch + block.row * outputs
      multiply(block, x, xStride, product, outputs)
      ckernels_add_bias(
        block.rows, block.columns, product + block.column, outputs, bias(block),
        residual + block.row * residualStride + block.column, residualStride)
    }
  }

  /// A part of a product, computed by one thread at a time: whole panels of columns.
  struct Block {
    var row, rows, panel, panels, column, columns: Int
  }

  private func bias(_ block: Block) -> UnsafePointer<Float>? {
    bias.map { UnsafePointer($0.base + block.column) }
  }

  private func multiply(
    _ block: Block, _ x: UnsafePointer<Float>, _ xStride: Int,
    _ y: UnsafeMutablePointer<Float>, _ yStride: Int
  ) {
    ckernels_gemm(
      block.rows, inputs, x + block.row * xStride, xStride, packed.base, block.panel, block.panels,
      outputs, y, yStride)
  }

  /// Cuts the product into pieces that are each worth a thread's while, two a thread: by rows where
  /// there are many, else by columns.
  private func forEachBlock(rows: Int, pool: ThreadPool, _ body: (Block) -> Void) {
    guard rows > 0 else { return }
    let panels = ckernels_panels(outputs)
    let rowShare = max(96, (rows / (2 * pool.threads) + 11) / 12 * 12)
    let rowBlocks = (rows + rowShare - 1) / rowShare
    // Enough column blocks for every thread to have one; an even number of panels fills the tiles.
    let wanted = rowBlocks >= pool.threads ? 1 : (pool.threads + rowBlocks - 1) / rowBlocks
    let panelShare = max(4, ((panels + wanted - 1) / wanted + 1) & ~1)
    let columnBlocks = (panels + panelShare - 1) / panelShare
    pool.run(count: rowBlocks * columnBlocks) { index, _ in
      let row = index / columnBlocks * rowShare
      let panel = index % columnBlocks * panelShare
      let count = min(panelShare, panels - panel)
      let column = panel * Int(CKERNELS_PANEL)
      body(
        Block(
          row: row, rows: min(rowShare, rows - row), panel: panel, panels: count, column: column,
          columns: min(count * Int(CKERNELS_PANEL), outputs - column)))
    }
  }
}
