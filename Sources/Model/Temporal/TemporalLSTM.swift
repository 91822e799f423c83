import System
import Glibc
import Numerics

/// LSTM (reference modules/Visual_Prompt.py, torch.nn.LSTM): one layer, hidden size E, gates in the
/// order i, f, g, o; output + x, mean over T.
struct TemporalLSTM: Sendable {
  let input: Linear  // [4E, E] with bias_ih
  let hidden: Linear  // [4E, E] with bias_hh

  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    let (size, prefix) = (c.embeddingSize, "fusion.lstm_visual.")
    input = try reader.linear(
      weight: prefix + "weight_ih_l0", bias: prefix + "bias_ih_l0", size, 4 * size)
    hidden = try reader.linear(
      weight: prefix + "weight_hh_l0", bias: prefix + "bias_hh_l0", size, 4 * size)
  }

  static func floats(videos: Int, frames: Int, size: Int) -> Int {
    Workspace.rounded(videos * frames * size)
      + Workspace.rounded(videos * frames * 4 * size)
      + Workspace.rounded(videos * 4 * size)
      + Workspace.rounded(videos * size) * 2
  }

  /// x [B, T, E] to out [B, E].
  func apply(
    _ x: UnsafePointer<Float>, videos: Int, frames: Int, size: Int,
    to out: UnsafeMutablePointer<Float>, _ workspace: Workspace, _ pool: ThreadPool
  ) throws(ModelError) {
    let rows = videos * frames
    let (outputs, gates, recurrent, h, cell) = try ModelError.numerics { () throws(NumericsError) in
      (
        try workspace.take(rows * size), try workspace.take(rows * 4 * size),
        try workspace.take(videos * 4 * size), try workspace.take(videos * size),
        try workspace.take(videos * size)
      )
    }
    h.update(repeating: 0, count: videos * size)
    cell.update(repeating: 0, count: videos * size)
    input.apply(rows: rows, x, stride: size, to: gates, stride: 4 * size, pool: pool)
    for t in 0..<frames {
      try checkCancelled()
      hidden.apply(rows: videos, h, stride: size, to: recurrent, stride: 4 * size, pool: pool)
      pool.run(count: videos) { video, _ in
        let row = video * frames + t
        step(
          gates + row * 4 * size, recurrent + video * 4 * size, size, cell + video * size,
          h + video * size)
        (outputs + row * size).update(from: h + video * size, count: size)
      }
    }
    for video in 0..<videos {
      MeanPooling.apply(
        x + video * frames * size, plus: outputs + video * frames * size, frames: frames,
        size: size, to: out + video * size)
    }
  }

  private func step(
    _ fromInput: UnsafePointer<Float>, _ fromHidden: UnsafePointer<Float>, _ size: Int,
    _ cell: UnsafeMutablePointer<Float>, _ h: UnsafeMutablePointer<Float>
  ) {
    for k in 0..<size {
      let i = TemporalLSTM.sigmoid(fromInput[k] + fromHidden[k])
      let f = TemporalLSTM.sigmoid(fromInput[size + k] + fromHidden[size + k])
      let g = tanhf(fromInput[2 * size + k] + fromHidden[2 * size + k])
      let o = TemporalLSTM.sigmoid(fromInput[3 * size + k] + fromHidden[3 * size + k])
      cell[k] = f * cell[k] + i * g
      h[k] = o * tanhf(cell[k])
    }
  }

  private static func sigmoid(_ x: Float) -> Float { 1 / (1 + expf(-x)) }
}
