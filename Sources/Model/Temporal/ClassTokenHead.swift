import Numerics
import System
import TensorNames

/// Transf_cls (reference modules/Visual_Prompt.py, TemporalTransformer_cls): a class token before the frames, learned
/// positions, torch.nn.TransformerEncoder with its defaults (post-norm, ReLU, 8 heads) and a final norm; the class
/// token's output is the video embedding, with no residual and no mean.
struct ClassTokenHead: TemporalHead {
  static let kind = TemporalHeadKind(5, "Transf_cls")
  static let recognisedBy: String? = TensorNames.Head.classToken

  struct Layer: Sendable {
    let inProjection: Linear
    let outProjection: Linear
    let norm1: LayerNorm
    let linear1: Linear
    let linear2: Linear
    let norm2: LayerNorm

    /// Reads layer `prefix`, which ends in a dot.
    init(_ reader: ParameterReader, _ prefix: String, _ size: Int) throws(Failure) {
      let hidden = try reader.shape(prefix + "linear1.weight", rank: 2, for: "Transf_cls")[0]
      try reader.checkHidden(hidden, prefix + "linear1.weight")
      inProjection = try reader.linear(
        weight: prefix + "self_attn.in_proj_weight", bias: prefix + "self_attn.in_proj_bias", size, 3 * size,
        minimum: .bf16)
      outProjection = try reader.linear(prefix + "self_attn.out_proj.", size, size, minimum: .bf16)
      norm1 = try reader.layerNorm(prefix + "norm1.", size, ClassTokenHead.epsilon)
      linear1 = try reader.linear(prefix + "linear1.", size, hidden, minimum: .bf16)
      linear2 = try reader.linear(prefix + "linear2.", hidden, size, minimum: .bf16)
      norm2 = try reader.layerNorm(prefix + "norm2.", size, ClassTokenHead.epsilon)
    }
  }

  let classToken: FloatBuffer  // [1, 1, E]
  let positions: FloatBuffer  // [1, T + 1, E]
  let layers: [Layer]
  let norm: LayerNorm
  let frames: Int
  let size: Int

  private static let heads = 8
  private static let epsilon: Float = 1e-5  // torch.nn.LayerNorm's default

  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit? {
    let name = TensorNames.Head.classTokenPositions
    let shape = try reader.shape(name, rank: 3, for: "the Transf_cls head")
    return FrameLimit(rule: .exactly, frames: shape[1] - 1, tensor: name)
  }

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    let (size, encoder) = (c.embeddingSize, TensorNames.Head.encoder)
    (frames, self.size) = (c.frames, size)
    guard size % ClassTokenHead.heads == 0 else {
      throw Failure(
        .tensorShape, "embedding size \(size) cannot be divided among the Transf_cls head's 8 heads")
    }
    classToken = try reader.tensor(TensorNames.Head.classToken, [1, 1, size])
    positions = try reader.tensor(TensorNames.Head.classTokenPositions, [1, c.frames + 1, size])
    let count = try reader.countLayers(
      encoder + "layers.", "norm1.weight", for: "the Transf_cls head needs it")
    var layers: [Layer] = []
    for index in 0..<count { layers.append(try Layer(reader, "\(encoder)layers.\(index).", size)) }
    self.layers = layers
    norm = try reader.layerNorm(encoder + "norm.", size, ClassTokenHead.epsilon)
  }

  private var precision: Precision { layers[0].linear1.precision }
  var kernels: Kernels { layers[0].linear1.kernels }
  var attention: MultiHeadAttention {
    MultiHeadAttention(
      heads: ClassTokenHead.heads, width: size, causal: false,
      precision: kernels.activationPrecision(precision), kernels: kernels)
  }

  struct Scratch {
    let y: UnsafeMutablePointer<Float>  // [B, T + 1, E], the residual stream
    let offsets: UnsafeMutablePointer<Int>  // [B + 1]
    let layers: BlockScratch
  }

  func scratch(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Scratch {
    let length = frames + 1
    let shape = BlockScratch.Shape(
      inputPrecision: layers[0].linear1.inputPrecision, attention: attention,
      hidden: layers.lazy.map(\.linear1.outputs).max() ?? 0)
    return Scratch(
      y: try workspace.take(videos * length * size),
      offsets: try workspace.takeOffsets(sequences: videos, length: length),
      layers: try BlockScratch(
        workspace, rows: videos * length, sequences: videos, longest: length, shape, threads: threads))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Scratch,
    _ pool: ThreadPool
  ) throws(Failure) {
    let length = frames + 1
    let y = scratch.y
    for video in 0..<videos {
      for token in 0..<length {
        let from =
          token == 0 ? classToken.pointer : x + (video * frames + token - 1) * size
        let to = y + (video * length + token) * size
        for i in 0..<size { to[i] = from[i] + positions.base[token * size + i] }
      }
    }
    let sequences = Sequences(offsets: scratch.offsets, count: videos)
    for layer in layers {
      try checkCancelled()
      apply(layer, y, sequences, scratch.layers, pool)
    }
    for video in 0..<videos {
      norm.apply(
        rows: 1, y + video * length * size, stride: size, to: out + video * size, stride: size,
        pool: pool)
    }
  }

  /// x = norm1(x + attention(x)); x = norm2(x + linear2(ReLU(linear1(x)))).
  private func apply(
    _ layer: Layer, _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, _ scratch: BlockScratch,
    _ pool: ThreadPool
  ) {
    let rows = sequences.rows
    let qkv = scratch.qkvOrHidden.reshaped(width: 3 * size)
    let hidden = scratch.qkvOrHidden.reshaped(width: layer.linear1.outputs)
    scratch.input.fill(rows: rows, x, stride: size, width: size, kernels: kernels, pool: pool)
    layer.inProjection.apply(rows: rows, scratch.input, to: qkv, pool: pool)
    attention.apply(
      sequences, qkv: qkv, to: scratch.attended, scratch: scratch.attention, pool: pool)
    layer.outProjection.add(rows: rows, scratch.attended, to: x, stride: size, pool: pool)
    layer.norm1.apply(rows: rows, x, stride: size, to: x, stride: size, pool: pool)
    scratch.input.fill(rows: rows, x, stride: size, width: size, kernels: kernels, pool: pool)
    layer.linear1.apply(rows: rows, scratch.input, to: hidden, activation: .relu, pool: pool)
    layer.linear2.add(rows: rows, hidden, to: x, stride: size, pool: pool)
    layer.norm2.apply(rows: rows, x, stride: size, to: x, stride: size, pool: pool)
  }
}
