import Numerics
import System
import TensorNames

/// Rounding to fp16 and back, for the recipe that holds weights so (CLIP model.py, convert_weights).
enum HalfRounding {
  /// Whether CLIP holds a tensor of this name in fp16: the matrices and biases of layers and attention, the patch
  /// embedding and both projections. LayerNorms, embeddings, logit_scale and the temporal head stay fp32.
  static func applies(to name: String) -> Bool {
    if name.hasPrefix(TensorNames.Head.prefix) { return false }
    if [TensorNames.Vision.patchEmbedding, TensorNames.Vision.projection, TensorNames.Text.projection]
      .contains(name)
    {
      return true
    }
    let block = TensorNames.Block.self
    return [block.outProjection, block.fc, block.projection].contains {
      name.hasSuffix("." + $0 + "weight") || name.hasSuffix("." + $0 + "bias")
    }
      || name.hasSuffix("." + block.inProjectionWeight) || name.hasSuffix("." + block.inProjectionBias)
  }

  /// Rounds to the nearest fp16, ties to even; larger numbers than fp16 has become infinite, as the reference's do.
  static func round(_ values: FloatBuffer, pool: ThreadPool) {
    let (base, count, share) = (values.base, values.count, 1 << 16)
    pool.run(count: (count + share - 1) / share) { index, _ in
      for i in index * share..<min(count, (index + 1) * share) { base[i] = rounded(base[i]) }
    }
  }

  static func rounded(_ value: Float) -> Float {
    let magnitude = abs(value)
    guard magnitude < 65520 else { return value.isNaN ? value : value < 0 ? -.infinity : .infinity }
    // Adding and taking away a number whose last bit is worth as much as fp16's leaves no more bits than that.
    let exponent = max(magnitude.exponentOrZero, -14)
    let unit = Float(sign: .plus, exponent: exponent + 13, significand: 1.5)
    return value < 0 ? -(magnitude + unit - unit) : magnitude + unit - unit
  }
}

extension Float {
  /// The binary exponent; that of fp32's smallest normal number for zero.
  fileprivate var exponentOrZero: Int { self == 0 ? -126 : Int(exponent) }
}
