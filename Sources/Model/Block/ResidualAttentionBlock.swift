import System
import Numerics

/// The block of both CLIP encoders and of the Transf head: x += attention(ln_1(x)); x +=
/// c_proj(activation(c_fc(ln_2(x)))).
struct ResidualAttentionBlock: Sendable {
  let ln1: LayerNorm
  let attention: MultiHeadAttention
  let inProjection: Linear  // [3W, W], q k v in this order
  let outProjection: Linear  // [W, W]
  let ln2: LayerNorm
  let fc: Linear  // [4W, W]
  let activation: Activation  // that of the MLP
  let projection: Linear  // [W, 4W]
  /// EVA02's own parts; nil in most models.
  let gating: BlockGating?
  /// Turns queries and keys by the places of patches; nil in most models.
  let rotary: RotaryPositions?

  var width: Int { ln1.width }
  var inputPrecision: Precision { fc.inputPrecision }

  /// The memory for a product's input.
  func input(of layer: Linear, _ scratch: BlockScratch) -> Operand {
    (inputPrecision == .int8 ? scratch.input : scratch.attended).input(of: layer)
  }

  /// Applies the block to x [rows, W] in place, at most scratch.rows rows. Every row gives a key and a value; the rest
  /// is computed for the wanted rows alone, and the others then hold nothing of use. The cancel token is looked at within
  /// the block, which for many rows is the longest step of a call.
  func apply(
    _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences, wanted: WantedRows = .all,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    try checkCancelled()
    let (rows, count) = (sequences.rows, sequences.count)
    // One row of each needs room beside its attention, which sequences of one row do not leave.
    guard wanted != .all, 2 * count <= rows else {
      let qkv = scratch.qkvOrHidden.reshaped(width: 3 * width)
      let input = input(of: inProjection, scratch)
      ln1.apply(rows: rows, x, stride: width, to: input, pool: pool)
      inProjection.apply(rows: rows, input, to: qkv, pool: pool)
      rotary?.apply(rows: rows, qkv, queries: true, pool: pool)
      attention.apply(
        sequences, qkv: qkv, to: scratch.attended, scratch: scratch.attention, pool: pool)
      return try addAttentionAndMLP(rows: rows, x, scratch.attended, scratch, pool)
    }
    try applyToOne(wanted, x, sequences, scratch, pool)
  }

  /// Applies the block for one row of each sequence, with the keys and values of all rows.
  private func applyToOne(
    _ wanted: WantedRows, _ x: UnsafeMutablePointer<Float>, _ sequences: Sequences,
    _ scratch: BlockScratch, _ pool: ThreadPool
  ) throws(Failure) {
    let (rows, count) = (sequences.rows, sequences.count)
    func row(_ sequence: Int) -> Int {
      sequences.offsets[sequence] - sequences.offsets[0]
        + wanted.range(sequences.length(sequence)).lowerBound
    }
    let qkv = scratch.qkvOrHidden.reshaped(width: 3 * width)
    let input = input(of: inProjection, scratch)
    ln1.apply(rows: rows, x, stride: width, to: input, pool: pool)
    inProjection.apply(rows: rows, input, to: qkv, columns: width..<3 * width, pool: pool)
    // The wanted row is the class token's, which has no place.
    rotary?.apply(rows: rows, qkv, queries: false, pool: pool)
    // No row comes after the one it is moved to, so nothing is overwritten that is still wanted.
    for i in 0..<count { input.set(i, to: input, row: row(i)) }
    let queries = scratch.attended.from(count)  // [sequences, W], beside the result
    inProjection.apply(rows: count, input, to: queries, columns: 0..<width, pool: pool)
    attention.apply(
      sequences, qkv: qkv, queries: queries, to: scratch.attended, wanted: wanted,
      scratch: scratch.attention, pool: pool)
    let selected = scratch.selected
    for i in 0..<count { (selected + i * width).update(from: x + row(i) * width, count: width) }
    try addAttentionAndMLP(rows: count, selected, scratch.attended, scratch, pool)
    for i in 0..<count { (x + row(i) * width).update(from: selected + i * width, count: width) }
  }

  /// Adds the projection of `attended` to x [rows, W], and then the MLP's result.
  func addAttentionAndMLP(
    rows: Int, _ x: UnsafeMutablePointer<Float>, _ attended: Operand, _ scratch: BlockScratch,
    _ pool: ThreadPool
  ) throws(Failure) {
    try checkCancelled()
    var input = attended
    if let gating, let numbers = scratch.numbers {
      input = self.input(of: outProjection, scratch)
      gating.attentionNorm.apply(rows: rows, attended, to: input, numbers, pool: pool)
    } else if inputPrecision == .int8 {
      input = scratch.input.input(of: outProjection)
      input.quantise(rows: rows, attended, width: width, kernels: fc.kernels, pool: pool)
    }
    outProjection.add(rows: rows, input, to: x, stride: width, pool: pool)
    try checkCancelled()
    input = self.input(of: fc, scratch)
    ln2.apply(rows: rows, x, stride: width, to: input, pool: pool)
    let hidden = scratch.qkvOrHidden.reshaped(width: fc.outputs)
    if let gating {
      return gating.apply(self, rows: rows, x, input, hidden: hidden, scratch, pool)
    }
    fc.apply(rows: rows, input, to: hidden, activation: activation, pool: pool)
    var hiddenInput = hidden
    if inputPrecision == .int8, let quantised = scratch.hiddenInput?.input(of: projection) {
      quantised.quantise(rows: rows, hidden, width: fc.outputs, kernels: fc.kernels, pool: pool)
      hiddenInput = quantised
    }
    projection.add(rows: rows, hiddenInput, to: x, stride: width, pool: pool)
  }
}
