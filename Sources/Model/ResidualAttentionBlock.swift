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
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, _ scratch: Scratch, _ pool: ThreadPool
  ) {
    let (rows, width, hidden) = (sequences.rows, width, fc.outputs)
    ln1.apply(rows: rows, x, stride: width, to: scratch.narrow, stride: width, pool: pool)
    inProjection.apply(
      rows: rows, scratch.narrow, stride: width, to: scratch.wide, stride: 3 * width, pool: pool)
    attention.apply(
      sequences, qkv: scratch.wide, to: scratch.narrow, scratch: scratch.scores,
      longest: scratch.longest, pool: pool)
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
