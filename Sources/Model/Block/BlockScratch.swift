import System
import Numerics

/// The memory that residual attention blocks work in besides the rows themselves, for batches of up to `rows` rows in
/// up to `sequences` sequences of up to `longest` rows each.
struct BlockScratch {
  let rows: Int
  /// A product's input: normalised rows, and in int8 attention's results. [rows, W]
  let input: Operand
  /// Attention's results, and beside them the selected rows' queries. [rows, W] In fp32 and bf16 it is `input` itself,
  /// which nothing needs any more by then.
  let attended: Operand
  /// Queries, keys and values [rows, 3W], and later the MLP's hidden activations [rows, hidden].
  let qkvOrHidden: Operand
  /// The hidden activations in int8; nil in other precisions, where `qkvOrHidden` is the second product's input.
  /// [rows, hidden]
  let hiddenInput: Operand?
  /// The results of the MLP's gate, in blocks that have one. [rows, hidden]
  let gated: Operand?
  /// One row of each sequence, where the last block is computed for those alone. [min(sequences, rows / 2), W]
  let selected: UnsafeMutablePointer<Float>
  let attention: MultiHeadAttention.Scratch
  /// A row of numbers for each thread, in blocks that normalise activations.
  let numbers: RowScratch?

  /// The sizes of a block that its memory depends on.
  struct Shape {
    let inputPrecision: Precision  // of the products
    var attention: MultiHeadAttention
    let hidden: Int
    /// Whether the blocks have EVA02's gates and norms.
    var isGated = false
  }

  init(
    _ workspace: Workspace, rows: Int, sequences: Int, longest: Int, _ shape: Shape, threads: Int
  ) throws(Failure) {
    let (precision, activations) = (shape.inputPrecision, shape.attention.precision)
    let width = shape.attention.width
    self.rows = rows
    input = try Operand(workspace, precision, rows: rows, width: width)
    attended =
      activations == precision ? input : try Operand(workspace, activations, rows: rows, width: width)
    qkvOrHidden = try Operand(workspace, activations, rows: rows, width: max(3 * width, shape.hidden))
    hiddenInput =
      precision == .int8 ? try Operand(workspace, precision, rows: rows, width: shape.hidden) : nil
    gated = shape.isGated ? try Operand(workspace, activations, rows: rows, width: shape.hidden) : nil
    numbers =
      try shape.isGated ? RowScratch(workspace, width: max(width, shape.hidden), threads: threads) : nil
    selected = try workspace.take(min(sequences, rows / 2) * width)
    attention = try shape.attention.scratch(workspace, longest: longest, threads: threads)
  }
}
