import Numerics
import System

/// The activations of one residual attention block that its backward pass needs besides the block's input. A tape may
/// serve one block after another where each block's input is kept alone and its forward pass runs again.
struct BlockTape {
  /// Queries, keys and values [rows, 3W]. Where one row of each sequence is wanted, the queries' columns hold nothing,
  /// and may have no memory.
  let qkv: FloatRows
  /// Where one row of each sequence is wanted, its query; later rows are [sequences, W] then.
  let queries: FloatRows
  /// Attention's results [rows, W].
  let attended: FloatRows
  /// The residual stream after attention [rows, W].
  let middle: FloatRows
  /// The MLP's hidden numbers before the activation [rows, hidden].
  let hidden: FloatRows

  /// `results` are the rows that are wanted: all of them, or one of each sequence. `hasQueries` says whether all may be.
  init(
    _ workspace: Workspace, rows: Int, results: Int, sequences: Int, width: Int, hidden: Int, hasQueries: Bool
  ) throws(Failure) {
    if hasQueries {
      qkv = try FloatRows(workspace, rows: rows, width: 3 * width)
    } else {
      qkv = try FloatRows(workspace, rows: rows, width: 2 * width).columns(from: -width)
    }
    queries = try FloatRows(workspace, rows: sequences, width: width)
    attended = try FloatRows(workspace, rows: results, width: width)
    middle = try FloatRows(workspace, rows: results, width: width)
    self.hidden = try FloatRows(workspace, rows: results, width: hidden)
  }

  /// The part of a tape from a row, a result and a sequence on.
  func from(row: Int, result: Int, sequence: Int) -> BlockTape {
    BlockTape(
      qkv: qkv.from(row), queries: queries.from(sequence), attended: attended.from(result),
      middle: middle.from(result), hidden: hidden.from(result))
  }

  private init(qkv: FloatRows, queries: FloatRows, attended: FloatRows, middle: FloatRows, hidden: FloatRows)
  {
    self.qkv = qkv
    self.queries = queries
    self.attended = attended
    self.middle = middle
    self.hidden = hidden
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
  /// Rows of `normed` and the queries' gradients, where one row of each sequence is wanted. [sequences, W]
  let selected, selectedGradient: FloatRows
  let moments: UnsafeMutablePointer<Float>  // [rows, 2]
  let rounded: RoundedRows  // [rows, hidden or 3W]
  let product: TransposedProduct
  let inputs: InputProduct
  let attention: MultiHeadAttention.Scratch
  let attentionBackward: MultiHeadAttention.BackwardScratch

  /// `layer` is one of the block's, whose precision all have.
  init(
    _ workspace: Workspace, rows: Int, sequences: Int, longest: Int, hidden: Int,
    _ attention: MultiHeadAttention, of layer: Linear, threads: Int
  ) throws(Failure) {
    let width = attention.width
    normed = try FloatRows(workspace, rows: rows, width: width)
    gradient = try FloatRows(workspace, rows: rows, width: width)
    activated = try FloatRows(workspace, rows: rows, width: hidden)
    hiddenGradient = try FloatRows(workspace, rows: rows, width: hidden)
    qkvGradient = try FloatRows(workspace, rows: rows, width: 3 * width)
    selected = try FloatRows(workspace, rows: sequences, width: width)
    selectedGradient = try FloatRows(workspace, rows: sequences, width: width)
    moments = try workspace.take(2 * rows)
    let most = max(3 * width, hidden)
    rounded = try RoundedRows(workspace, rows: rows, width: most, for: layer)
    product = try TransposedProduct(
      workspace, rows: rows, m: most, n: most, precision: layer.inputPrecision, kernels: layer.kernels)
    inputs = try InputProduct(workspace, outputs: most, rounded, for: layer, threads: threads)
    self.attention = try attention.scratch(workspace, longest: longest, threads: threads)
    attentionBackward = try attention.backwardScratch(workspace, longest: longest, threads: threads)
  }
}
