import System
import Numerics
import TensorNames

extension ResidualAttentionBlock {
  /// Reads block `prefix`, which ends in a dot: "transformer.resblocks.0.". `norm` takes the place of its ln_1. A gated
  /// block has EVA02's parts.
  init(
    _ reader: ParameterReader, _ prefix: String, width: Int, heads: Int, causal: Bool,
    epsilon: Float, activation: Activation, minimum: Precision, after norm: LayerNorm? = nil,
    rotary: RotaryPositions? = nil, isGated: Bool = false
  ) throws(Failure) {
    self.activation = activation
    self.rotary = rotary
    let names = TensorNames.Block.self
    let fcWeight = prefix + names.fc + "weight"
    let hidden = try reader.shape(fcWeight, rank: 2, for: "a residual block")[0]
    try reader.checkHidden(hidden, fcWeight)
    if let norm { ln1 = norm } else { ln1 = try reader.layerNorm(prefix + names.ln1, width, epsilon) }
    inProjection = try reader.linear(
      weight: prefix + names.inProjectionWeight, bias: prefix + names.inProjectionBias, width, 3 * width,
      minimum: minimum, after: ln1)
    attention = MultiHeadAttention(
      heads: heads, width: width, causal: causal,
      precision: reader.kernels.activationPrecision(inProjection.precision), kernels: reader.kernels)
    let attentionNorm = try isGated ? reader.layerNorm(prefix + names.attentionNorm, width, epsilon) : nil
    outProjection = try reader.linear(
      prefix + names.outProjection, width, width, minimum: minimum, after: attentionNorm)
    ln2 = try reader.layerNorm(prefix + names.ln2, width, epsilon)
    fc = try reader.linear(prefix + names.fc, width, hidden, minimum: minimum, after: ln2)
    gating =
      if let attentionNorm {
        try BlockGating(
          reader, prefix, attentionNorm: attentionNorm, hidden: hidden, minimum: minimum, after: ln2)
      } else { nil }
    projection = try reader.linear(
      prefix + names.projection, hidden, width, minimum: minimum, after: gating?.hiddenNorm)
  }
}
