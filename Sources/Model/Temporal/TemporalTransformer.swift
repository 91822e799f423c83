import System
import Numerics

/// Transf (reference modules/Visual_Prompt.py): frame position embeddings added, residual attention
/// blocks without a mask, output + x, mean over T. Quirk: these LayerNorms use epsilon 1e-12 where the file says
/// nothing else. The activation is QuickGELU whatever the encoders have: the head's class is CLIP's own.
struct TemporalTransformer: Sendable {
  let positions: FloatBuffer  // [C, E], the first T rows are used
  let blocks: ResidualBlocks

  static let layers = "fusion.transformer.resblocks."
  static let positionsName = "fusion.frame_position_embeddings.weight"

  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    let size = c.embeddingSize
    // At least T of them: the frames were chosen by it.
    let rows = try reader.shape(TemporalTransformer.positionsName, rank: 2, for: "the Transf head")[0]
    guard size % c.textHeads == 0 else {
      throw ModelError(
        .tensorShape,
        "embedding size \(size) cannot be divided among the Transf head's \(c.textHeads) heads")
    }
    positions = try reader.tensor(TemporalTransformer.positionsName, [rows, size])
    let count = reader.countLayers(TemporalTransformer.layers, "ln_1.weight")
    guard count > 0 else {
      throw ModelError(
        .missingTensor,
        "tensor '\(TemporalTransformer.layers)0.ln_1.weight' is missing: the Transf head needs it")
    }
    blocks = try ResidualBlocks(
      reader, TemporalTransformer.layers, count: count, width: size, heads: c.textHeads, causal: false,
      epsilon: c.headEpsilon, activation: .quickGELU, lowest: .bf16)
  }

  func floats(videos: Int, frames: Int, size: Int, threads: Int) -> Int {
    Workspace.rounded(videos * frames * size) + Workspace.offsets(sequences: videos)
      + blocks.scratchFloats(rows: videos * frames, sequences: videos, longest: frames, threads: threads)
  }

  /// x [B, T, E] to out [B, E].
  func apply(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int,
    to out: UnsafeMutablePointer<Float>, _ workspace: Workspace, _ pool: ThreadPool
  ) throws(ModelError) {
    let (y, offsets, scratch) = try ModelError.numerics { () throws(NumericsError) in
      (
        try workspace.take(videos * frames * size),
        try workspace.takeOffsets(sequences: videos, length: frames),
        try blocks.scratch(
          workspace, rows: videos * frames, sequences: videos, longest: frames, threads: pool.threads)
      )
    }
    for row in 0..<videos * frames {
      let position = positions.base + row % frames * size
      for i in 0..<size { y[row * size + i] = x[row * size + i] + position[i] }
    }
    let sequences = Sequences(offsets: offsets, count: videos)
    try blocks.apply(y, sequences, scratch, pool)
    for video in 0..<videos {
      let start = video * frames * size
      MeanPooling.apply(x + start, plus: y + start, frames: frames, size: size, to: out + video * size)
    }
  }
}
