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
    try forward(x, videos: videos, to: nil, buffers, pool)
    try backward(videos: videos, gradient: gradient, to: dx, buffers, pool)
  }

  /// Keeps what `backward` needs, and joins x [videos, T, E] to out [videos, E]; nil: they are known.
  func forward(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>?, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, size, input) = (head.frames, head.size, buffers.blocks.kept.inputs[0])
    for index in 0..<videos * frames {
      let (row, position) = (input[index], head.positions.base + index % frames * size)
      for i in 0..<size { row[i] = x[index * size + i] + position[i] }
    }
    let sequences = Sequences(offsets: buffers.offsets, count: videos)
    // The gradient is not there yet.
    let results = out.map { _ in FloatRows(buffers.blocks.work.gradient.base, stride: size) }
    try blocks.forward(sequences, wanted: .all, to: results, buffers.blocks, pool) { _, _ in }
    guard let out, let results else { return }
    head.writeMeans(of: x, plus: results.base, videos: videos, to: out)
  }

  /// After `forward`.
  func backward(
    videos: Int, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, _ buffers: Buffers,
    _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, size, rows) = (head.frames, head.size, buffers.blocks.work.gradient)
    for video in 0..<videos {
      head.writeShares(of: gradient + video * size, to: dx + video * frames * size)
    }
    // The blocks' results have the same share of the mean as the frames.
    rows.copy(FloatRows(dx, stride: size), rows: videos * frames, width: size)
    let sequences = Sequences(offsets: buffers.offsets, count: videos)
    try blocks.backward(sequences, wanted: .all, buffers.blocks, pool) { _, _ in }
    for index in 0..<videos * frames {
      let row = rows[index]
      for i in 0..<size { dx[index * size + i] += row[i] }
      guard let positions else { continue }
      let sums = positions.base + index % frames * size
      for i in 0..<size { sums[i] += row[i] }
    }
  }

  func pass(videos: Int, threads: Int) throws(Failure) -> (any TemporalHeadPass)? {
    guard videos <= videosTogether else { return nil }
    return try Pass(self, videos: videos, threads: threads)
  }

  /// A pass of up to so many videos.
  struct Pass: TemporalHeadPass {
    private let head: TransformerHeadBackward
    private let workspace: Workspace  // owns what `buffers` points to
    private let buffers: Buffers

    init(_ head: TransformerHeadBackward, videos: Int, threads: Int) throws(Failure) {
      self.head = head
      (workspace, buffers) = try Workspace.holding { (workspace) throws(Failure) in
        try head.buffers(workspace, videos: videos, threads: threads)
      }
    }

    func forward(
      _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ pool: ThreadPool
    ) throws(Failure) {
      try head.forward(x, videos: videos, to: out, buffers, pool)
    }

    func backward(
      videos: Int, gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, _ pool: ThreadPool
    ) throws(Failure) {
      try head.backward(videos: videos, gradient: gradient, to: dx, buffers, pool)
    }
  }
}
