import Numerics
import System
import TensorNames

extension TransformerHead {
  func backward(_ builder: BackwardBuilder) throws(Failure) -> any TemporalHeadBackward {
    TransformerHeadBackward(
      head: self, positions: builder.gradient(TensorNames.Head.framePositions),
      blocks: try BlocksBackward(builder, blocks, TensorNames.Head.blocks, passesDown: true))
  }
}

struct TransformerHeadBackward: TemporalHeadBackward {
  let head: TransformerHead
  let positions: FloatBuffer?  // the gradient, [C, E]
  let blocks: BlocksBackward

  /// Enough rows for large products.
  var videosTogether: Int { max(1, 512 / head.frames) }

  struct Buffers {
    let offsets: UnsafeMutablePointer<Int>
    let blocks: BlocksBackward.Buffers
  }

  func buffers(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Buffers {
    let shape = BlocksBackward.Shape(
      rows: videos * head.frames, sequences: videos, longest: head.frames, wanted: .all, threads: threads)
    return Buffers(
      offsets: try workspace.takeOffsets(sequences: videos, length: head.frames),
      blocks: try blocks.buffers(workspace, shape, keepsAll: true))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, size) = (head.frames, head.size)
    let (input, rows) = (buffers.blocks.kept.inputs[0], buffers.blocks.work.gradient)
    for index in 0..<videos * frames {
      let (row, position) = (input[index], head.positions.base + index % frames * size)
      for i in 0..<size { row[i] = x[index * size + i] + position[i] }
    }
    let sequences = Sequences(offsets: buffers.offsets, count: videos)
    try blocks.forward(sequences, wanted: .all, to: nil, buffers.blocks, pool) { _, _ in }
    for video in 0..<videos {
      head.writeShares(of: gradient + video * size, to: dx + video * frames * size)
    }
    // The blocks' results have the same share of the mean as the frames.
    rows.copy(FloatRows(dx, stride: size), rows: videos * frames, width: size)
    try blocks.backward(sequences, wanted: .all, buffers.blocks, pool) { _, _ in }
    for index in 0..<videos * frames {
      let row = rows[index]
      for i in 0..<size { dx[index * size + i] += row[i] }
      guard let positions else { continue }
      let sums = positions.base + index % frames * size
      for i in 0..<size { sums[i] += row[i] }
    }
  }
}
