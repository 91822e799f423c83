import System
import Numerics
import TensorNames

extension ResidualAttentionBlock {
  /// Reads block `prefix`, which ends in a dot: "transformer.resblocks.0.". `norm` takes the place of its ln_1.
  init(
    _ reader: ParameterReader, _ prefix: String, width: Int, heads: Int, causal: Bool,
    epsilon: Float, activation: Activation, minimum: Precision, after norm: LayerNorm? = nil
  ) throws(Failure) {
    self.activation = activation
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
    outProjection = try reader.linear(prefix + names.outProjection, width, width, minimum: minimum)
    ln2 = try reader.layerNorm(prefix + names.ln2, width, epsilon)
    fc = try reader.linear(prefix + names.fc, width, hidden, minimum: minimum, after: ln2)
    projection = try reader.linear(prefix + names.projection, hidden, width, minimum: minimum)
  }
}
