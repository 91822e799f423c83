import Numerics
import System
import TensorNames

/// EVA02's own parts of a block (arXiv 2303.11331; timm `EvaBlock` with `scale_attn_inner` and `SwiGLU`): attention's
/// result is normalised before its projection, and the MLP is c_proj(ln(QuickGELU(c_gate(x)) · c_fc(x))). As SiLU(g) =
/// 1.702 · QuickGELU(g / 1.702), this is SwiGLU with the two factors in the weights.
/// A class, so that it takes no room in the blocks of other models, which are copied to the stack.
final class BlockGating: Sendable {
  let attentionNorm: LayerNorm
  let gate: Linear  // [hidden, W]
  let hiddenNorm: LayerNorm

  init(attentionNorm: LayerNorm, gate: Linear, hiddenNorm: LayerNorm) {
    self.attentionNorm = attentionNorm
    self.gate = gate
    self.hiddenNorm = hiddenNorm
  }

  /// Adds the MLP's result to x [rows, W]. `input` are the rows that ln_2 gave for c_fc, `hidden` the memory of its
  /// results. The scratch is that of gated blocks.
  func apply(
    _ block: ResidualAttentionBlock, rows: Int, _ x: UnsafeMutablePointer<Float>, _ input: Operand,
    hidden: Operand, _ scratch: BlockScratch, _ pool: ThreadPool
  ) {
    guard let gated = scratch.gated?.reshaped(width: gate.outputs), let numbers = scratch.numbers else {
      return
    }
    block.fc.apply(rows: rows, input, to: hidden, pool: pool)
    var gateInput = input
    if gate.isRotated != block.fc.isRotated {
      gateInput = block.input(of: gate, scratch)
      block.ln2.apply(rows: rows, x, stride: block.width, to: gateInput, pool: pool)
    }
    gate.apply(rows: rows, gateInput, to: gated, activation: .quickGELU, pool: pool)
    let hiddenInput =
      block.inputPrecision == .int8 ? scratch.hiddenInput?.input(of: block.projection) ?? hidden : hidden
    hiddenNorm.apply(rows: rows, hidden, times: gated, to: hiddenInput, numbers, pool: pool)
    block.projection.add(rows: rows, hiddenInput, to: x, stride: block.width, pool: pool)
  }
}

extension BlockGating {
  /// Reads the gate of block `prefix`, whose input `norm` writes, and the norm after it.
  convenience init(
    _ reader: ParameterReader, _ prefix: String, attentionNorm: LayerNorm, hidden: Int, minimum: Precision,
    after norm: LayerNorm
  ) throws(Failure) {
    let names = TensorNames.Block.self
    self.init(
      attentionNorm: attentionNorm,
      gate: try reader.linear(prefix + names.gate, norm.width, hidden, minimum: minimum, after: norm),
      hiddenNorm: try reader.layerNorm(prefix + names.hiddenNorm, hidden, norm.epsilon))
  }
}
