import Numerics
import System
import TensorNames

/// Conv_1D (reference modules/Visual_Prompt.py): a convolution over time, plus the frames, averaged. Quirk kept because
/// checkpoints were trained with it: the reference *views* the contiguous [T, E] buffer as [E, T], a reinterpretation
/// and not a transpose, convolves each of the E rows over T, and transposes only the result.
struct ConvolutionHead: TemporalHead {
  static let kind = TemporalHeadKind(2, "Conv_1D")
  static let recognisedBy: String? = TensorNames.Head.convolution

  let weight: FloatBuffer  // [E, 1, 3], depthwise, padding 1, no bias
  let frames: Int
  let size: Int

  init(_ reader: ParameterReader, _ c: Configuration) throws(Failure) {
    frames = c.frames
    size = c.embeddingSize
    weight = try reader.tensor(TensorNames.Head.convolution, [size, 1, 3])
  }

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, to out: UnsafeMutablePointer<Float>, _ scratch: Void,
    _ pool: ThreadPool
  ) throws(Failure) {
    for video in 0..<videos { apply(x + video * frames * size, to: out + video * size) }
  }

  /// Writes the mean over t of (convolved + x) [T, E] to out [E].
  private func apply(_ x: UnsafePointer<Float>, to out: UnsafeMutablePointer<Float>) {
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
