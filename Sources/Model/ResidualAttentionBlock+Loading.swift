import System
import Numerics

extension ResidualAttentionBlock {
  /// `prefix` ends in a dot: "transformer.resblocks.0.".
  init(
    _ reader: ParameterReader, _ prefix: String, width: Int, heads: Int, causal: Bool,
    epsilon: Float, activation: Activation, lowest: Precision
  ) throws(ModelError) {
    self.activation = activation
    let hidden = try reader.shape(prefix + "mlp.c_fc.weight", rank: 2, for: "a residual block")[0]
    try reader.checkHidden(hidden, prefix + "mlp.c_fc.weight")
    ln1 = try reader.layerNorm(prefix + "ln_1.", width, epsilon)
    inProjection = try reader.linear(
      weight: prefix + "attn.in_proj_weight", bias: prefix + "attn.in_proj_bias", width, 3 * width,
      lowest: lowest)
    attention = MultiHeadAttention(
      heads: heads, width: width, causal: causal, precision: inProjection.precision.between)
    outProjection = try reader.linear(prefix + "attn.out_proj.", width, width, lowest: lowest)
    ln2 = try reader.layerNorm(prefix + "ln_2.", width, epsilon)
    fc = try reader.linear(prefix + "mlp.c_fc.", width, hidden, lowest: lowest)
    projection = try reader.linear(prefix + "mlp.c_proj.", hidden, width, lowest: lowest)
  }
}
