import Glibc
import Numerics
import System
import TensorNames

/// LSTM (reference modules/Visual_Prompt.py, torch.nn.LSTM): one layer of hidden size E, gates in the order i, f, g, o;
/// its output plus the frames, averaged.
struct LSTMHead: TemporalHead {
  static let kind = TemporalHeadKind(3, "LSTM")
  static let recognisedBy: String? = TensorNames.Head.lstm + "weight_ih_l0"

  let input: Linear  // [4E, E] with bias_ih
  let hidden: Linear  // [4E, E] with bias_hh
  let frames: Int
  let size: Int

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    (frames, size) = (c.frames, c.embeddingSize)
    let prefix = TensorNames.Head.lstm
    input = try reader.linear(
      weight: prefix + "weight_ih_l0", bias: prefix + "bias_ih_l0", size, 4 * size)
    hidden = try reader.linear(
      weight: prefix + "weight_hh_l0", bias: prefix + "bias_hh_l0", size, 4 * size)
  }

  struct Scratch {
    let outputs: UnsafeMutablePointer<Float>  // [B, T, E]
    let gates: UnsafeMutablePointer<Float>  // [B, T, 4E], from the frames
    let recurrent: UnsafeMutablePointer<Float>  // [B, 4E], from the step before
    let h: UnsafeMutablePointer<Float>  // [B, E]
    let cell: UnsafeMutablePointer<Float>  // [B, E]
  }

  func scratch(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Scratch {
    let rows = videos * frames
    return Scratch(
      outputs: try workspace.take(rows * size), gates: try workspace.take(rows * 4 * size),
      recurrent: try workspace.take(videos * 4 * size), h: try workspace.take(videos * size),
      cell: try workspace.take(videos * size))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Scratch,
    _ pool: ThreadPool
  ) throws(Failure) {
    let (outputs, gates, recurrent) = (scratch.outputs, scratch.gates, scratch.recurrent)
    let (h, cell) = (scratch.h, scratch.cell)
    h.update(repeating: 0, count: videos * size)
    cell.update(repeating: 0, count: videos * size)
    input.apply(rows: videos * frames, x, stride: size, to: gates, stride: 4 * size, pool: pool)
    for t in 0..<frames {
      try checkCancelled()
      hidden.apply(rows: videos, h, stride: size, to: recurrent, stride: 4 * size, pool: pool)
      pool.run(count: videos) { video, _ in
        let row = video * frames + t
        step(
          gates + row * 4 * size, recurrent + video * 4 * size, cell + video * size, h + video * size)
        (outputs + row * size).update(from: h + video * size, count: size)
      }
    }
    writeMeans(of: x, plus: outputs, videos: videos, to: out)
  }

  /// One step of one video: cell [E] and h [E] in place, from the gates' sums [4E] of the frame and of the step before.
  private func step(
    _ fromInput: UnsafePointer<Float>, _ fromHidden: UnsafePointer<Float>,
    _ cell: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<size {
      let i = LSTMHead.sigmoid(fromInput[k] + fromHidden[k])
      let f = LSTMHead.sigmoid(fromInput[size + k] + fromHidden[size + k])
      let g = tanhf(fromInput[2 * size + k] + fromHidden[2 * size + k])
      let o = LSTMHead.sigmoid(fromInput[3 * size + k] + fromHidden[3 * size + k])
      cell[k] = f * cell[k] + i * g
      h[k] = o * tanhf(cell[k])
    }
  }

  static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
}
