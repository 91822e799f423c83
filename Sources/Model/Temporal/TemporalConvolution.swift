import System
import Numerics

/// Conv_1D (reference modules/Visual_Prompt.py). Quirk kept because checkpoints were trained with it:
/// the reference *views* the contiguous [T, E] buffer as [E, T], a reinterpretation and not a
/// transpose, convolves each of the E rows over T, and transposes only the result.
struct TemporalConvolution: Sendable {
  let weight: FloatBuffer  // [E, 1, 3], depthwise, padding 1, no bias

  init(_ reader: ParameterReader, _ c: Configuration) throws(ModelError) {
    weight = try reader.tensor("fusion.shift.weight", [c.embeddingSize, 1, 3])
  }

  /// x [T, E] to out [E] = mean over t of (convolved + x).
  func apply(
    _ x: UnsafePointer<Float>, frames: Int, size: Int, to out: UnsafeMutablePointer<Float>
  ) {
    let scale = 1 / Float(frames)
    for channel in 0..<size {
      let viewed = x + channel * frames
      let kernel = weight.base + channel * 3
      var sum: Float = 0
      for t in 0..<frames {
        var value = kernel[1] * viewed[t]
        if t > 0 { value += kernel[0] * viewed[t - 1] }
        if t + 1 < frames { value += kernel[2] * viewed[t + 1] }
        sum += value + x[t * size + channel]
      }
      out[channel] = sum * scale
    }
  }
}
