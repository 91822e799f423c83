import Numerics
import System
import TensorNames

/// The backward pass of a residual attention block, and the forward pass that keeps what it needs. Both work on rows of
/// whole sequences, of which all rows are wanted, or one of each. Rows are fp32, and products round them to the
/// precision of the block's weights.
struct BlockBackward: Sendable {
  let block: ResidualAttentionBlock
  private let attention: MultiHeadAttention  // in fp32
  private let ln1, ln2: LayerNormBackward
  private let inProjection, outProjection, fc, projection: LinearBackward
  /// Whether the gradient of the block's input is wanted.
  private let passesDown: Bool

  /// `prefix` ends in a dot.
  init(
    _ builder: BackwardBuilder, _ block: ResidualAttentionBlock, _ prefix: String, passesDown: Bool
  ) throws(Failure) {
    let names = TensorNames.Block.self
    self.block = block
    self.passesDown = passesDown
    attention = block.attention.inFP32
    ln1 = builder.layerNorm(block.ln1, prefix + names.ln1)
    inProjection = try builder.linear(
      block.inProjection, weight: prefix + names.inProjectionWeight, bias: prefix + names.inProjectionBias,
      passesDown: passesDown || builder.trains(prefix + names.ln1))
    outProjection = try builder.linear(block.outProjection, prefix + names.outProjection)
    ln2 = builder.layerNorm(block.ln2, prefix + names.ln2)
    fc = try builder.linear(block.fc, prefix + names.fc)
    projection = try builder.linear(block.projection, prefix + names.projection)
  }

  private var width: Int { block.width }
  private var hidden: Int { block.fc.outputs }
  private var kernels: Kernels { block.fc.kernels }

  /// The row of x that is wanted of a sequence.
  private func row(_ sequences: Sequences, _ sequence: Int, _ wanted: WantedRows) -> Int {
    sequences.offsets[sequence] - sequences.offsets[0]
      + wanted.range(sequences.length(sequence)).lowerBound
  }

  private func results(_ sequences: Sequences, _ wanted: WantedRows) -> Int {
    wanted == .all ? sequences.rows : sequences.count
  }

  /// Applies the block to x [rows, W], keeps what the backward pass needs in `tape`, and writes the wanted rows' results
  /// to `out`, [rows, W] or [sequences, W]; nil: they are not wanted again.
  func forward(
    _ x: FloatRows, _ sequences: Sequences, wanted: WantedRows, keeping tape: BlockTape, to out: FloatRows?,
    _ scratch: BlockBackwardScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try checkCancelled()
    let count = results(sequences, wanted)
    let (normed, middle) = (scratch.normed, tape.middle)
    attend(x, sequences, wanted, keeping: tape, scratch, pool)
    try checkCancelled()
    let attended = scratch.rounded.input(of: block.outProjection, rows: count, tape.attended, pool: pool)
    block.outProjection.add(rows: count, attended, to: middle.base, stride: middle.stride, pool: pool)
    block.ln2.apply(rows: count, middle.base, stride: middle.stride, to: normed.operand, pool: pool)
    let input = scratch.rounded.input(of: block.fc, rows: count, normed, pool: pool)
    block.fc.apply(rows: count, input, to: tape.hidden.operand, pool: pool)
    guard let out else { return }
    try checkCancelled()
    let activated = scratch.activated
    block.activation.apply(
      rows: count, width: hidden, tape.hidden, to: activated, kernels: kernels, pool: pool)
    out.copy(middle, rows: count, width: width)
    block.projection.add(
      rows: count, scratch.rounded.input(of: block.projection, rows: count, activated, pool: pool),
      to: out.base, stride: out.stride, pool: pool)
  }

  /// Writes attention's results to tape.attended, and the wanted rows of x to tape.middle. Every row gives a key and a
  /// value, and the wanted ones a query.
  private func attend(
    _ x: FloatRows, _ sequences: Sequences, _ wanted: WantedRows, keeping tape: BlockTape,
    _ scratch: BlockBackwardScratch, _ pool: ThreadPool
  ) {
    let (rows, count, layer) = (sequences.rows, results(sequences, wanted), block.inProjection)
    block.ln1.apply(rows: rows, x.base, stride: x.stride, to: scratch.normed.operand, pool: pool)
    let input = scratch.rounded.input(of: layer, rows: rows, scratch.normed, pool: pool)
    guard wanted != .all else {
      layer.apply(rows: rows, input, to: tape.qkv.operand, pool: pool)
      attention.apply(
        sequences, qkv: tape.qkv.operand, to: tape.attended.operand, scratch: scratch.attention, pool: pool)
      return tape.middle.copy(x, rows: rows, width: width)
    }
    layer.apply(rows: rows, input, to: tape.qkv.operand, columns: width..<3 * width, pool: pool)
    select(scratch.normed, sequences, wanted, to: scratch.selected)
    select(x, sequences, wanted, to: tape.middle)
    layer.apply(
      rows: count, scratch.rounded.input(of: layer, rows: count, scratch.selected, pool: pool),
      to: tape.queries.operand, columns: 0..<width, pool: pool)
    attention.apply(
      sequences, qkv: tape.qkv.operand, queries: tape.queries.operand, to: tape.attended.operand,
      wanted: wanted, scratch: scratch.attention, pool: pool)
  }

  /// Copies the wanted row of each sequence to `out` [sequences, W].
  private func select(_ x: FloatRows, _ sequences: Sequences, _ wanted: WantedRows, to out: FloatRows) {
    for i in 0..<sequences.count { out[i].update(from: x[row(sequences, i, wanted)], count: width) }
  }

  /// Adds the parameters' gradients, and turns that of the results, `gradient`, [rows, W] or [sequences, W], into that
  /// of x [rows, W], if it is wanted. Where all rows are, it is written in place, else to `dx`.
  func backward(
    _ x: FloatRows, _ sequences: Sequences, wanted: WantedRows, _ tape: BlockTape, gradient: FloatRows,
    to dx: FloatRows, _ scratch: BlockBackwardScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try backwardMLP(rows: results(sequences, wanted), tape, gradient, scratch, pool)
    try backwardAttention(x, sequences, wanted, tape, gradient, scratch, pool)
    guard wanted != .all else {
      return backwardNorm(x, sequences, to: gradient, scratch, pool)
    }
    dx.clear(rows: sequences.rows, width: width)
    for i in 0..<sequences.count {
      dx[row(sequences, i, wanted)].update(from: gradient[i], count: width)
    }
    backwardNorm(x, sequences, to: dx, scratch, pool)
  }

  /// Turns the gradient of the results into that of the residual stream after attention.
  private func backwardMLP(
    rows: Int, _ tape: BlockTape, _ gradient: FloatRows, _ scratch: BlockBackwardScratch, _ pool: ThreadPool
  ) throws(Failure) {
    let (middle, hiddenGradient) = (tape.middle, scratch.hiddenGradient)
    try checkCancelled()
    projection.inputGradient(rows: rows, dy: gradient, to: hiddenGradient, scratch.inputs, pool: pool)
    block.activation.backward(
      rows: rows, width: hidden, x: tape.hidden, gradient: hiddenGradient, to: scratch.activated,
      kernels: kernels, pool: pool)
    try checkCancelled()
    projection.addGradients(rows: rows, x: scratch.activated, dy: gradient, scratch.product, pool: pool)
    block.ln2.apply(
      rows: rows, middle.base, stride: middle.stride, to: scratch.normed.operand, pool: pool)
    try checkCancelled()
    fc.addGradients(rows: rows, x: scratch.normed, dy: hiddenGradient, scratch.product, pool: pool)
    fc.inputGradient(rows: rows, dy: hiddenGradient, to: scratch.gradient, scratch.inputs, pool: pool)
    ln2.apply(
      rows: rows, x: middle, dy: scratch.gradient, to: gradient, adding: true, moments: scratch.moments,
      pool: pool)
  }

  /// Leaves the gradient of ln_1's results in scratch.gradient, where it is wanted.
  private func backwardAttention(
    _ x: FloatRows, _ sequences: Sequences, _ wanted: WantedRows, _ tape: BlockTape, _ gradient: FloatRows,
    _ scratch: BlockBackwardScratch, _ pool: ThreadPool
  ) throws(Failure) {
    let (rows, count) = (sequences.rows, results(sequences, wanted))
    try checkCancelled()
    outProjection.addGradients(rows: count, x: tape.attended, dy: gradient, scratch.product, pool: pool)
    outProjection.inputGradient(
      rows: count, dy: gradient, to: scratch.gradient, scratch.inputs, pool: pool)
    attention.backward(
      sequences, qkv: tape.qkv, queries: wanted == .all ? nil : tape.queries, dout: scratch.gradient,
      to: scratch.qkvGradient, wanted: wanted, scratch: scratch.attentionBackward, pool: pool)
    try checkCancelled()
    block.ln1.apply(rows: rows, x.base, stride: x.stride, to: scratch.normed.operand, pool: pool)
    if wanted == .all {
      inProjection.addGradients(
        rows: rows, x: scratch.normed, dy: scratch.qkvGradient, scratch.product, pool: pool)
    } else {
      // The other rows' queries have no gradient.
      select(scratch.normed, sequences, wanted, to: scratch.selected)
      select(scratch.qkvGradient, sequences, wanted, to: scratch.selectedGradient)
      inProjection.addGradients(
        rows: count, x: scratch.selected, dy: scratch.selectedGradient, ofOutputs: 0..<width,
        scratch.product, pool: pool)
      inProjection.addGradients(
        rows: rows, x: scratch.normed, dy: scratch.qkvGradient.columns(from: width),
        ofOutputs: width..<3 * width, scratch.product, pool: pool)
    }
    inProjection.inputGradient(
      rows: rows, dy: scratch.qkvGradient, to: scratch.gradient, scratch.inputs, pool: pool)
  }

  private func backwardNorm(
    _ x: FloatRows, _ sequences: Sequences, to dx: FloatRows, _ scratch: BlockBackwardScratch,
    _ pool: ThreadPool
  ) {
    guard inProjection.passesDown else { return }
    ln1.apply(
      rows: sequences.rows, x: x, dy: scratch.gradient, to: passesDown ? dx : nil, adding: true,
      moments: scratch.moments, pool: pool)
  }
}
