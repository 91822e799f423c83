import Numerics
import System

/// The activations of one residual attention block that its backward pass needs besides the block's input. A tape may
/// serve one block after another where each block's input is kept alone and its forward pass runs again.
struct BlockTape {
  /// Queries, keys and values [rows, 3W].
  let qkv: FloatRows
  /// Where one row of each sequence is wanted, its query; later rows are [sequences, W] then.
  let queries: FloatRows
  /// Attention's results [rows, W].
  let attended: FloatRows
  /// The residual stream after attention [rows, W].
  let middle: FloatRows
  /// The MLP's hidden numbers before the activation [rows, hidden].
  let hidden: FloatRows

  init(_ workspace: Workspace, rows: Int, sequences: Int, width: Int, hidden: Int) throws(Failure) {
    qkv = try FloatRows(workspace, rows: rows, width: 3 * width)
    queries = try FloatRows(workspace, rows: sequences, width: width)
    attended = try FloatRows(workspace, rows: rows, width: width)
    middle = try FloatRows(workspace, rows: rows, width: width)
    self.hidden = try FloatRows(workspace, rows: rows, width: hidden)
  }
}

/// The memory that blocks' backward passes share, for up to `rows` rows in up to `sequences` sequences.
struct BlockBackwardScratch {
  /// A norm's results, which are products' inputs. [rows, W]
  let normed: FloatRows
  /// The gradient of a product's input. [rows, W]
  let gradient: FloatRows
  /// Hidden numbers after the activation, and their gradient. [rows, hidden]
  let activated, hiddenGradient: FloatRows
  let qkvGradient: FloatRows  // [rows, 3W]
  let moments: UnsafeMutablePointer<Float>  // [rows, 2]
  let product: TransposedProduct
  let attention: MultiHeadAttention.Scratch
  let attentionBackward: MultiHeadAttention.BackwardScratch

  init(
    _ workspace: Workspace, rows: Int, longest: Int, hidden: Int, _ attention: MultiHeadAttention,
    kernels: Kernels, threads: Int
  ) throws(Failure) {
    let width = attention.width
    normed = try FloatRows(workspace, rows: rows, width: width)
    gradient = try FloatRows(workspace, rows: rows, width: width)
    activated = try FloatRows(workspace, rows: rows, width: hidden)
    hiddenGradient = try FloatRows(workspace, rows: rows, width: hidden)
    qkvGradient = try FloatRows(workspace, rows: rows, width: 3 * width)
    moments = try workspace.take(2 * rows)
    let most = max(3 * width, hidden)
    product = try TransposedProduct(workspace, m: most, n: most, kernels: kernels)
    self.attention = try attention.scratch(workspace, longest: longest, threads: threads)
    attentionBackward = try attention.backwardScratch(workspace, longest: longest, threads: threads)
  }
}
