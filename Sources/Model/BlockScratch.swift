import System
import Numerics

/// The memory that a residual attention block works in besides the rows themselves: for batches of up to `rows`
/// rows in up to `sequences` sequences of up to `longest`.
struct BlockScratch {
  let rows: Int
  let longest: Int
  /// A product's input: normed rows, and in int8 what attention gave. [rows, W]
  let input: Operand
  /// What attention gives, and the first rows' queries of a block that goes on with a row of each sequence. [rows, W]
  /// The input itself, which nobody needs any more by then, unless that is of another precision.
  let attended: Operand
  /// q, k, v, then the MLP's hidden numbers. [rows, max(3W, hidden)]
  let wide: Operand
  /// In int8 the hidden numbers as the second product's input; else they are that already. [rows, hidden]
  let hiddenInput: Operand?
  /// The rows that a block goes on with alone: one of each sequence. [min(sequences, rows / 2), W]
  let picked: UnsafeMutablePointer<Float>
  let scores: UnsafeMutablePointer<Float>

  /// What of a block's sizes the memory depends on.
  struct Shape {
    let precision: Precision
    let attention: MultiHeadAttention
    let hidden: Int
    var width: Int { attention.width }
    var wide: Int { max(3 * width, hidden) }
  }

  static func floats(rows: Int, sequences: Int, longest: Int, _ shape: Shape, threads: Int) -> Int {
    let (precision, between, width) = (shape.precision, shape.precision.between, shape.width)
    return Operand.floats(precision, rows: rows, width: width)
      + (between == precision ? 0 : Operand.floats(between, rows: rows, width: width))
      + Operand.floats(between, rows: rows, width: shape.wide)
      + (precision == .int8 ? Operand.floats(precision, rows: rows, width: shape.hidden) : 0)
      + Workspace.rounded(min(sequences, rows / 2) * width)
      + Workspace.rounded(shape.attention.scratch(longest: longest, threads: threads))
  }

  init(
    _ workspace: Workspace, rows: Int, sequences: Int, longest: Int, _ shape: Shape, threads: Int
  ) throws(NumericsError) {
    let (precision, between, width) = (shape.precision, shape.precision.between, shape.width)
    self.rows = rows
    self.longest = longest
    input = try Operand(workspace, precision, rows: rows, width: width)
    attended = between == precision ? input : try Operand(workspace, between, rows: rows, width: width)
    wide = try Operand(workspace, between, rows: rows, width: shape.wide)
    hiddenInput =
      precision == .int8 ? try Operand(workspace, precision, rows: rows, width: shape.hidden) : nil
    picked = try workspace.take(min(sequences, rows / 2) * width)
    scores = try workspace.take(shape.attention.scratch(longest: longest, threads: threads))
  }
}
