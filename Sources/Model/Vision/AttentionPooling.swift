import Numerics
import System
import TensorNames

/// Pooling of SigLIP and PE (MAP head; transformers SiglipMultiheadAttentionPoolingHead, timm AttentionPoolLatent): a
/// learned probe attends to a frame's tokens, normalised by ln_post, y = attention(probe, tokens), and
/// y + c_proj(activation(c_fc(ln_2(y)))) is the result. This is a residual block of one row for each sequence, whose
/// query is the probe's and whose row was zero.
struct AttentionPooling: Sendable {
  let block: ResidualAttentionBlock
  private let probe: FloatBuffer  // [W]

  /// Its attention, whose heads may be larger than those of the blocks.
  var attention: MultiHeadAttention { block.attention }

  /// `hidden` is the width of the blocks' MLPs, whose memory it shares.
  init(_ reader: ParameterReader, _ c: Configuration, after norm: LayerNorm, hidden: Int) throws(Failure) {
    let (names, width) = (TensorNames.Vision.self, c.visionWidth)
    probe = try reader.tensor(names.probe, [1, 1, width])
    block = try ResidualAttentionBlock(
      reader, names.pooling, width: width, heads: c.poolHeads, causal: false, epsilon: norm.epsilon,
      activation: c.activation.function, minimum: .bf16, after: norm)
    guard block.fc.outputs <= hidden else {
      throw Failure(
        .tensorShape,
        "tensor '\(names.pooling)\(TensorNames.Block.fc)weight' has \(block.fc.outputs) rows, and those of the blocks "
          + "have \(hidden) at most")
    }
  }

  /// Writes the results of sequences to out [sequences, W], from x [rows, W], the first sequence's first row on; at
  /// most scratch.rows rows.
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, to out: UnsafeMutablePointer<Float>,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try checkCancelled()
    let (rows, count, width) = (sequences.rows, sequences.count, block.width)
    let qkv = scratch.qkvOrHidden.reshaped(width: 3 * width)
    let input = block.input(of: block.inProjection, scratch)
    block.ln1.apply(rows: rows, x, stride: width, to: input, pool: pool)
    block.inProjection.apply(rows: rows, input, to: qkv, columns: width..<3 * width, pool: pool)
    let probes = scratch.selected
    for i in 0..<count { (probes + i * width).update(from: probe.base, count: width) }
    input.fill(rows: count, probes, stride: width, width: width, kernels: block.fc.kernels, pool: pool)
    let queries = scratch.attended.from(count)  // [sequences, W], beside the result
    block.inProjection.apply(rows: count, input, to: queries, columns: 0..<width, pool: pool)
    block.attention.apply(
      sequences, qkv: qkv, queries: queries, to: scratch.attended, wanted: .first,
      scratch: scratch.attention, pool: pool)
    out.update(repeating: 0, count: count * width)
    try block.addAttentionAndMLP(rows: count, out, scratch.attended, scratch, pool)
  }
}
