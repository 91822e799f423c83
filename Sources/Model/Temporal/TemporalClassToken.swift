import System
import Numerics

/// Transf_cls (reference modules/Visual_Prompt.py, TemporalTransformer_cls): a class token before the
/// frames, learned positions, torch.nn.TransformerEncoder with its defaults (post-norm, ReLU, 8 heads)
/// and a final norm; the class token's output is the video embedding, with no residual and no mean.
struct TemporalClassToken: Sendable {
  struct Layer: Sendable {
    let inProjection: Linear
    let outProjection: Linear
    let norm1: LayerNorm
    let linear1: Linear
    let linear2: Linear
    let norm2: LayerNorm
  }

  let classToken: FloatBuffer  // [1, 1, E]
  let positions: FloatBuffer  // [1, T + 1, E]
  let layers: [Layer]
  let norm: LayerNorm

  static let heads = 8
  static let epsilon: Float = 1e-5  // torch.nn.LayerNorm's default
  static let prefix = "fusion.transformer."
  static let positionsName = prefix + "pos_embed"

  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    let (size, prefix) = (c.embeddingSize, TemporalClassToken.prefix)
    guard size % TemporalClassToken.heads == 0 else {
      throw ModelError(
        .tensorShape, "embedding size \(size) cannot be divided among the Transf_cls head's 8 heads")
    }
    classToken = try reader.tensor(prefix + "cls_token", [1, 1, size])
    positions = try reader.tensor(TemporalClassToken.positionsName, [1, c.frames + 1, size])
    let encoder = prefix + "transformer_enc."
    let count = reader.countLayers(encoder + "layers.", "norm1.weight")
    guard count > 0 else {
      throw ModelError(
        .missingTensor,
        "tensor '\(encoder)layers.0.norm1.weight' is missing: the Transf_cls head needs it")
    }
    var layers: [Layer] = []
    for index in 0..<count {
      let layer = "\(encoder)layers.\(index)."
      let hidden = try reader.shape(layer + "linear1.weight", rank: 2, for: "Transf_cls")[0]
      try reader.checkHidden(hidden, layer + "linear1.weight")
      layers.append(
        Layer(
          inProjection: try reader.linear(
            weight: layer + "self_attn.in_proj_weight", bias: layer + "self_attn.in_proj_bias",
            size, 3 * size, lowest: .bf16),
          outProjection: try reader.linear(layer + "self_attn.out_proj.", size, size, lowest: .bf16),
          norm1: try reader.layerNorm(layer + "norm1.", size, TemporalClassToken.epsilon),
          linear1: try reader.linear(layer + "linear1.", size, hidden, lowest: .bf16),
          linear2: try reader.linear(layer + "linear2.", hidden, size, lowest: .bf16),
          norm2: try reader.layerNorm(layer + "norm2.", size, TemporalClassToken.epsilon)))
    }
    self.layers = layers
    norm = try reader.layerNorm(encoder + "norm.", size, TemporalClassToken.epsilon)
  }

  private var attention: MultiHeadAttention {
    MultiHeadAttention(
      heads: TemporalClassToken.heads, width: norm.width, causal: false,
      precision: layers[0].linear1.precision)
  }
  private var shape: BlockScratch.Shape {
    BlockScratch.Shape(
      precision: layers[0].linear1.precision, attention: attention,
      hidden: layers.map(\.linear1.outputs).max() ?? 0)
  }

  func floats(videos: Int, frames: Int, size: Int, threads: Int) -> Int {
    let rows = videos * (frames + 1)
    return Workspace.rounded(rows * size) + Workspace.offsets(sequences: videos)
      + BlockScratch.floats(rows: rows, sequences: videos, longest: frames + 1, shape, threads: threads)
  }

  /// x [B, T, E] to out [B, E].
  func apply(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int,
    to out: UnsafeMutablePointer<Float>, _ workspace: Workspace, _ pool: ThreadPool
  ) throws(ModelError) {
    let length = frames + 1
    let rows = videos * length
    let (y, offsets, scratch) = try ModelError.numerics { () throws(NumericsError) in
      (
        try workspace.take(rows * size), try workspace.takeOffsets(sequences: videos, length: length),
        try BlockScratch(
          workspace, rows: rows, sequences: videos, longest: length, shape, threads: pool.threads)
      )
    }
    for video in 0..<videos {
      for token in 0..<length {
        let from =
          token == 0 ? classToken.pointer : x + (video * frames + token - 1) * size
        let to = y + (video * length + token) * size
        for i in 0..<size { to[i] = from[i] + positions.base[token * size + i] }
      }
    }
    let sequences = Sequences(offsets: offsets, count: videos)
    for layer in layers {
      try checkCancelled()
      apply(layer, y, sequences, size, scratch, pool)
    }
    for video in 0..<videos {
      norm.apply(
        rows: 1, y + video * length * size, stride: size, to: out + video * size, stride: size,
        pool: pool)
    }
  }

  /// x = norm1(x + attention(x)); x = norm2(x + linear2(ReLU(linear1(x)))).
  private func apply(
    _ layer: Layer, _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, _ size: Int,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) {
    let rows = sequences.rows
    let (qkv, hidden) = (
      scratch.wide.reshaped(width: 3 * size), scratch.wide.reshaped(width: layer.linear1.outputs)
    )
    scratch.input.fill(rows: rows, x, stride: size, width: size, pool: pool)
    layer.inProjection.apply(rows: rows, scratch.input, to: qkv, pool: pool)
    attention.apply(
      sequences, qkv: qkv, to: scratch.attended, scratch: scratch.scores, longest: scratch.longest,
      pool: pool)
    layer.outProjection.add(rows: rows, scratch.attended, to: x, stride: size, pool: pool)
    layer.norm1.apply(rows: rows, x, stride: size, to: x, stride: size, pool: pool)
    scratch.input.fill(rows: rows, x, stride: size, width: size, pool: pool)
    layer.linear1.apply(rows: rows, scratch.input, to: hidden, activation: .relu, pool: pool)
    layer.linear2.add(rows: rows, hidden, to: x, stride: size, pool: pool)
    layer.norm2.apply(rows: rows, x, stride: size, to: x, stride: size, pool: pool)
  }
}
