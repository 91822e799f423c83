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

  struct Buffers {
    let offsets: UnsafeMutablePointer<Int>
    let blocks: BlocksBackward.Buffers
  }

  func buffers(_ workspace: Workspace, threads: Int) throws(Failure) -> Buffers {
    Buffers(
      offsets: try workspace.takeOffsets(sequences: 1, length: head.frames),
      blocks: try blocks.buffers(
        workspace, rows: head.frames, sequences: 1, longest: head.frames, keepsAll: true, threads: threads))
  }

  func apply(
    _ x: UnsafePointer<Float>, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>,
    _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, size) = (head.frames, head.size)
    let input = buffers.blocks.inputs[0]
    for t in 0..<frames {
      let (row, position) = (input[t], head.positions.base + t * size)
      for i in 0..<size { row[i] = x[t * size + i] + position[i] }
    }
    let sequences = Sequences(offsets: buffers.offsets, count: 1)
    try blocks.forward(sequences, wanted: .all, to: nil, buffers.blocks, pool) { _, _ in }
    head.writeShares(of: gradient, to: dx)
    // The blocks' results have the same share of the mean as the frames.
    let rows = buffers.blocks.gradient
    rows.copy(FloatRows(dx, stride: size), rows: frames, width: size)
    try blocks.backward(sequences, wanted: .all, buffers.blocks, pool) { _, _ in }
    for t in 0..<frames {
      let row = rows[t]
      for i in 0..<size { dx[t * size + i] += row[i] }
      guard let positions else { continue }
      for i in 0..<size { positions.base[t * size + i] += row[i] }
    }
  }
}
