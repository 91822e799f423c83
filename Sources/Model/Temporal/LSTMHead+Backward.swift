import Glibc
import Numerics
import System
import TensorNames

extension LSTMHead {
  func backward(_ builder: BackwardBuilder) throws(Failure) -> any TemporalHeadBackward {
    let prefix = TensorNames.Head.lstm
    return LSTMHeadBackward(
      head: self,
      input: try builder.linear(input, weight: prefix + "weight_ih_l0", bias: prefix + "bias_ih_l0"),
      hidden: try builder.linear(hidden, weight: prefix + "weight_hh_l0", bias: prefix + "bias_hh_l0"))
  }
}

/// The backward pass of the LSTM head through all of a video's time steps.
struct LSTMHeadBackward: TemporalHeadBackward {
  let head: LSTMHead
  let input, hidden: LinearBackward

  struct Buffers {
    /// The gates' sums before their functions, and their gradients. [T, 4E]
    let gates, gradients: FloatRows
    let recurrent: FloatRows  // [1, 4E]
    /// The outputs and cells after each step, with zeros before the first. [T + 1, E]
    let outputs, cells: FloatRows
    /// The gradients of the latest output and cell that come from later steps. [1, E]
    let output, cell: FloatRows
    let product: TransposedProduct
    let inputs: InputProduct
  }

  func buffers(_ workspace: Workspace, videos: Int, threads: Int) throws(Failure) -> Buffers {
    let (frames, size) = (head.frames, head.size)
    func take(_ rows: Int, _ width: Int) throws(Failure) -> FloatRows {
      try FloatRows(workspace, rows: rows, width: width)
    }
    return Buffers(
      gates: try take(frames, 4 * size), gradients: try take(frames, 4 * size),
      recurrent: try take(1, 4 * size), outputs: try take(frames + 1, size),
      cells: try take(frames + 1, size), output: try take(1, size), cell: try take(1, size),
      product: try TransposedProduct(workspace, m: 4 * size, n: size, kernels: head.input.kernels),
      inputs: try InputProduct(
        workspace, outputs: 4 * size, RoundedRows(), for: head.input, threads: threads))
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Buffers, _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, size, b) = (head.frames, head.size, buffers)
    let (rows, dxRows) = (
      FloatRows(UnsafeMutablePointer(mutating: x), stride: size), FloatRows(dx, stride: size)
    )
    forward(rows, b, pool)
    head.writeShares(of: gradient, to: dx)
    b.output.clear(rows: 1, width: size)
    b.cell.clear(rows: 1, width: size)
    for t in (0..<frames).reversed() {
      try checkCancelled()
      // The output of each frame has the same share of the mean as the frame itself.
      for i in 0..<size { b.output.base[i] += dx[t * size + i] }
      step(t, b)
      hidden.inputGradient(rows: 1, dy: b.gradients.from(t), to: b.output, b.inputs, pool: pool)
    }
    input.addGradients(rows: frames, x: rows, dy: b.gradients, b.product, pool: pool)
    hidden.addGradients(rows: frames, x: b.outputs, dy: b.gradients, b.product, pool: pool)
    input.inputGradient(rows: frames, dy: b.gradients, to: dxRows, adding: true, b.inputs, pool: pool)
  }

  private func forward(_ x: FloatRows, _ b: Buffers, _ pool: ThreadPool) {
    let (frames, size) = (head.frames, head.size)
    head.input.apply(rows: frames, x.operand, to: b.gates.operand, pool: pool)
    b.outputs.clear(rows: 1, width: size)
    b.cells.clear(rows: 1, width: size)
    for t in 0..<frames {
      head.hidden.apply(rows: 1, b.outputs.from(t).operand, to: b.recurrent.operand, pool: pool)
      let gates = b.gates[t]
      for i in 0..<4 * size { gates[i] += b.recurrent.base[i] }
      for k in 0..<size {
        let (i, f, g, o) = functions(gates, k)
        let cell = f * b.cells[t][k] + i * g
        b.cells[t + 1][k] = cell
        b.outputs[t + 1][k] = o * tanhf(cell)
      }
    }
  }

  private func functions(
    _ gates: UnsafePointer<Float>, _ k: Int
  ) -> (i: Float, f: Float, g: Float, o: Float) {
    let size = head.size
    return (
      LSTMHead.sigmoid(gates[k]), LSTMHead.sigmoid(gates[size + k]), tanhf(gates[2 * size + k]),
      LSTMHead.sigmoid(gates[3 * size + k])
    )
  }

  /// Writes the gates' gradients of step t, and leaves that of the cell before it.
  private func step(_ t: Int, _ b: Buffers) {
    let (size, gates, gradients) = (head.size, b.gates[t], b.gradients[t])
    for k in 0..<size {
      let (i, f, g, o) = functions(gates, k)
      let (output, squashed) = (b.output.base[k], tanhf(b.cells[t + 1][k]))
      let cell = b.cell.base[k] + output * o * (1 - squashed * squashed)
      gradients[k] = cell * g * i * (1 - i)
      gradients[size + k] = cell * b.cells[t][k] * f * (1 - f)
      gradients[2 * size + k] = cell * i * (1 - g * g)
      gradients[3 * size + k] = output * squashed * o * (1 - o)
      b.cell.base[k] = cell * f
    }
  }
}
