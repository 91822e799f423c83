import Numerics
import System
import TensorNames

/// MIT, the multiframe integration transformer of X-CLIP (arXiv 2208.02816; VideoX X-CLIP/models/mit.py): an embedding
/// of time added to each frame, residual attention blocks without a mask, their output plus the frames, averaged. It
/// computes what the Transf head does, with the encoders' epsilon and activation and with heads of its own.
struct IntegrationHead: TemporalHead {
  static let kind = TemporalHeadKind(6, "MIT")
  static let recognisedBy: String? = TensorNames.Integration.positions
  static let trainsInFP32 = false

  private let transformer: TransformerHead

  var frames: Int { transformer.frames }
  var size: Int { transformer.size }

  static func frameLimit(_ reader: ParameterReader) throws(Failure) -> FrameLimit? {
    let name = TensorNames.Integration.positions
    return FrameLimit(
      rule: .exactly, frames: try reader.shape(name, rank: 3, for: "the MIT head")[1], tensor: name)
  }

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    let (size, prefix) = (c.embeddingSize, TensorNames.Integration.blocks)
    let positions = try reader.tensor(TensorNames.Integration.positions, [1, c.frames, size])
    let count = try reader.countLayers(
      prefix, TensorNames.Block.ln1 + "weight", for: "the MIT head needs it")
    transformer = TransformerHead(
      positions: positions,
      blocks: try ResidualBlocks(
        reader, prefix, count: count, width: size, heads: c.integrationHeads, causal: false,
        epsilon: c.epsilon, activation: c.activation.function, minimum: .bf16),
      frames: c.frames, size: size)
  }

  func scratch(
    _ workspace: Workspace, videos: Int, threads: Int
  ) throws(Failure) -> TransformerHead.Scratch {
    try transformer.scratch(workspace, videos: videos, threads: threads)
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>,
    _ scratch: TransformerHead.Scratch, _ pool: ThreadPool
  ) throws(Failure) {
    try transformer.apply(x, videos: videos, to: out, scratch, pool)
  }

  /// Not available: X-CLIP's parts are not trained here.
  func backward(_ builder: BackwardBuilder) throws(Failure) -> any TemporalHeadBackward {
    throw IntegrationHead.untrained
  }

  static let untrained = Failure(
    .unsupported, "X-CLIP's parts, its MIT head among them, cannot be trained here, nor started anew")
}
