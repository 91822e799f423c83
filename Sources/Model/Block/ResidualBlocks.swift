import System
import Numerics

/// The residual attention blocks of one encoder, in order.
struct ResidualBlocks: Sendable {
  let blocks: [ResidualAttentionBlock]
  /// Hidden activations of the widest MLP.
  let hidden: Int

  private var width: Int { blocks[0].width }
  private var shape: BlockScratch.Shape {
    // The last block has the lowest precision of all.
    BlockScratch.Shape(
      inputPrecision: blocks[blocks.count - 1].inputPrecision, attention: blocks[0].attention, hidden: hidden,
      isGated: blocks[0].gating != nil)
  }

  /// Reads blocks `prefix`0.`infix`, `prefix`1.`infix` and so on; at least one. The first one may have a higher minimum
  /// precision than the others.
  init(
    _ reader: ParameterReader, _ prefix: String, infix: String = "", count: Int, width: Int, heads: Int,
    causal: Bool, epsilon: Float, activation: Activation, minimum: Precision, firstMinimum: Precision? = nil,
    rotary: RotaryPositions? = nil, isGated: Bool = false
  ) throws(Failure) {
    var blocks: [ResidualAttentionBlock] = []
    for layer in 0..<max(count, 1) {
      blocks.append(
        try ResidualAttentionBlock(
          reader, "\(prefix)\(layer).\(infix)", width: width, heads: heads, causal: causal,
          epsilon: epsilon, activation: activation, minimum: layer == 0 ? firstMinimum ?? minimum : minimum,
          rotary: rotary, isGated: isGated))
    }
    self.blocks = blocks
    hidden = blocks.map(\.fc.outputs).max() ?? 0
  }

  /// Memory for all blocks, which use it one after the other, and for `other` attention of the same width.
  func scratch(
    _ workspace: Workspace, rows: Int, sequences: Int, longest: Int, threads: Int,
    with other: MultiHeadAttention? = nil
  ) throws(Failure) -> BlockScratch {
    var shape = shape
    // Larger heads need more of it.
    if let other, other.heads < shape.attention.heads { shape.attention = other }
    return try BlockScratch(
      workspace, rows: rows, sequences: sequences, longest: longest, shape, threads: threads)
  }

  /// Applies every block to x [rows, W] in place, at most scratch.rows rows. The last block is computed for the wanted
  /// rows alone: the others then hold nothing of use.
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, wanted: WantedRows = .all,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    for block in blocks.dropLast() { try block.apply(x, sequences, scratch, pool) }
    try blocks.last?.apply(x, sequences, wanted: wanted, scratch, pool)
  }

  /// Applies every block to any number of rows, in runs of whole sequences that fit the scratch.
  func apply(
    _ x: UnsafeMutablePointer<Float>, inRunsOf sequences: Sequences, wanted: WantedRows,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try forEachRun(sequences, limit: scratch.rows) { (run) throws(Failure) in
      try apply(x + run.offsets[0] * width, run, wanted: wanted, scratch, pool)
    }
  }

  /// Applies every block to any number of rows, one block after the other: `before` is called with the number of each
  /// block, and the block then goes over all runs. The closure is not optional, since an optional one is allocated.
  func apply(
    _ x: UnsafeMutablePointer<Float>, inRunsOf sequences: Sequences, wanted: WantedRows,
    _ scratch: BlockScratch, _ pool: ThreadPool, before: (_ layer: Int) -> Void
  ) throws(Failure) {
    for layer in blocks.indices {
      before(layer)
      try apply(layer, x, inRunsOf: sequences, wanted: wanted, scratch, pool)
    }
  }

  /// Applies one block to any number of rows, in runs of whole sequences that fit the scratch.
  func apply(
    _ layer: Int, _ x: UnsafeMutablePointer<Float>, inRunsOf sequences: Sequences, wanted: WantedRows,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try forEachRun(sequences, limit: scratch.rows) { (run) throws(Failure) in
      try blocks[layer].apply(
        x + run.offsets[0] * width, run, wanted: layer + 1 < blocks.count ? .all : wanted, scratch, pool)
    }
  }

  /// Calls `body` with runs of whole sequences of at most `limit` rows together, in order.
  func forEachRun(
    _ sequences: Sequences, limit: Int, _ body: (Sequences) throws(Failure) -> Void
  ) throws(Failure) {
    var first = 0
    while first < sequences.count {
      var count = 1
      while first + count < sequences.count,
        sequences.offsets[first + count + 1] - sequences.offsets[first] <= limit
      { count += 1 }
      try body(sequences.slice(first, count))
      first += count
    }
  }
}
