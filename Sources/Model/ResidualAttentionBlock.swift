import Numerics

/// x += attention(ln_1(x)); x += c_proj(QuickGELU(c_fc(ln_2(x)))): the block of both CLIP encoders
/// and of the Transf head.
struct ResidualAttentionBlock: Sendable {
  let ln1: LayerNorm
  let attention: MultiHeadAttention
  let inProjection: Linear  // [3W, W], q k v in this order
  let outProjection: Linear  // [W, W]
  let ln2: LayerNorm
  let fc: Linear  // [4W, W]
  let projection: Linear  // [W, 4W]

  var width: Int { ln1.width }

  /// Scratch for batches of up to `rows` rows in sequences of up to `longest`.
  struct Scratch {
    let rows: Int
    let longest: Int
    let narrow: UnsafeMutablePointer<Float>  // [rows, W]
    let wide: UnsafeMutablePointer<Float>  // [rows, max(3W, 4W)]
    let scores: UnsafeMutablePointer<Float>

    static func floats(
      rows: Int, longest: Int, _ attention: MultiHeadAttention, hidden: Int, threads: Int
    ) -> Int {
      let width = attention.width
      return Workspace.rounded(rows * width) + Workspace.rounded(rows * max(3 * width, hidden))
        + Workspace.rounded(attention.scratch(longest: longest, threads: threads))
    }

    init(
      _ workspace: Workspace, rows: Int, longest: Int, _ attention: MultiHeadAttention,
      hidden: Int, threads: Int
    ) throws(NumericsError) {
      let width = attention.width
      self.rows = rows
      self.longest = longest
      narrow = try workspace.take(rows * width)
      wide = try workspace.take(rows * max(3 * width, hidden))
      scores = try workspace.take(attention.scratch(longest: longest, threads: threads))
    }
  }

  /// x [rows, W] in place; sequences hold whole sequences of at most scratch.rows rows together.
  /// Every row gives a key and a value; of other rows than the wanted ones nothing more is computed,
  /// and what is in them afterwards means nothing.
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, wanted: WantedRows = .all,
    _ scratch: Scratch, _ pool: ThreadPool
  ) {
    let (rows, count) = (sequences.rows, sequences.count)
    // One row of each needs room beside its attention, which sequences of one row do not leave.
    let wanted = 2 * count <= rows ? wanted : .all
    ln1.apply(rows: rows, x, stride: width, to: scratch.narrow, stride: width, pool: pool)
    inProjection.apply(
      rows: rows, scratch.narrow, stride: width, to: scratch.wide, stride: 3 * width, pool: pool)
    attention.apply(
      sequences, qkv: scratch.wide, to: scratch.narrow, wanted: wanted, scratch: scratch.scores,
      longest: scratch.longest, pool: pool)
    guard wanted != .all else { return addAttentionAndMLP(rows: rows, x, scratch, pool) }

    let picked = scratch.narrow + count * width  // [sequences, W]
    func place(_ sequence: Int) -> UnsafeMutablePointer<Float> {
      let start = sequences.offsets[sequence] - sequences.offsets[0]
      return x + (start + wanted.range(sequences.length(sequence)).lowerBound) * width
    }
    for i in 0..<count { (picked + i * width).update(from: place(i), count: width) }
    addAttentionAndMLP(rows: count, picked, scratch, pool)
    for i in 0..<count { place(i).update(from: picked + i * width, count: width) }
  }

  /// x [rows, W] += out_proj of attention's result, which is in scratch.narrow [rows, W]; += the MLP.
  private func addAttentionAndMLP(
    rows: Int, _ x: UnsafeMutablePointer<Float>, _ scratch: Scratch, _ pool: ThreadPool
  ) {
    let hidden = fc.outputs
    outProjection.add(
      rows: rows, scratch.narrow, stride: width, to: x, stride: width, scratch: scratch.wide,
      pool: pool)
    ln2.apply(rows: rows, x, stride: width, to: scratch.narrow, stride: width, pool: pool)
    fc.apply(
      rows: rows, scratch.narrow, stride: width, to: scratch.wide, stride: hidden,
      activation: .quickGELU, pool: pool)
    projection.add(
      rows: rows, scratch.wide, stride: hidden, to: x, stride: width, scratch: scratch.narrow,
      pool: pool)
  }
}
