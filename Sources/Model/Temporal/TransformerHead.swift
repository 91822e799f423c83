import Numerics
import System
import TensorNames

/// Transf (reference modules/Visual_Prompt.py): frame position embeddings added, residual attention blocks without a
/// mask, their output plus the frames, averaged. Quirk: these LayerNorms use epsilon 1e-12 where the file says nothing
/// else. The activation is QuickGELU whatever the encoders have: the head's class is CLIP's own.
struct TransformerHead: TemporalHead {
  static let kind = TemporalHeadKind(4, "Transf")
  static let recognisedBy: String? = TensorNames.Head.blocks + "0." + firstTensor
  static let trainsInFP32 = false

  let positions: FloatBuffer  // [C, E], the first T rows are used
  let blocks: ResidualBlocks
  let frames: Int
  let size: Int

  private static let firstTensor = TensorNames.Block.ln1 + "weight"

  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit? {
    let name = TensorNames.Head.framePositions
    return FrameLimit(
      rule: .atMost, frames: try reader.shape(name, rank: 2, for: "the Transf head")[0], tensor: name)
  }

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    (frames, size) = (c.frames, c.embeddingSize)
    // At least T of them: the frames were chosen by it.
    let rows = try reader.shape(TensorNames.Head.framePositions, rank: 2, for: "the Transf head")[0]
    guard size % c.textHeads == 0 else {
      throw Failure(
        .tensorShape,
        "embedding size \(size) cannot be divided among the Transf head's \(c.textHeads) heads")
    }
    positions = try reader.tensor(TensorNames.Head.framePositions, [rows, size])
    let prefix = TensorNames.Head.blocks
    let count = try reader.countLayers(prefix, TransformerHead.firstTensor, for: "the Transf head needs it")
    blocks = try ResidualBlocks(
      reader, prefix, count: count, width: size, heads: c.textHeads, causal: false,
      epsilon: c.headEpsilon, activation: .quickGELU, minimum: .bf16)
  }

  /// A head of blocks that were read already.
  init(positions: FloatBuffer, blocks: ResidualBlocks, frames: Int, size: Int) {
    self.positions = positions
    self.blocks = blocks
    self.frames = frames
    self.size = size
  }

  struct Scratch {
    let y: UnsafeMutablePointer<Float>  // [B, T, E], the residual stream
    let offsets: UnsafeMutablePointer<Int>  // [B + 1]
    let blocks: BlockScratch
  }

  func scratch(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Scratch {
    Scratch(
      y: try workspace.take(videos * frames * size),
      offsets: try workspace.takeOffsets(sequences: videos, length: frames),
      blocks: try blocks.scratch(
        workspace, rows: videos * frames, sequences: videos, longest: frames, threads: threads))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Scratch,
    _ pool: ThreadPool
  ) throws(Failure) {
    let y = scratch.y
    for row in 0..<videos * frames {
      let position = positions.base + row % frames * size
      for i in 0..<size { y[row * size + i] = x[row * size + i] + position[i] }
    }
    try blocks.apply(y, Sequences(offsets: scratch.offsets, count: videos), scratch.blocks, pool)
    writeMeans(of: x, plus: y, videos: videos, to: out)
  }
}
