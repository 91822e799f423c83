import Numerics
import System
import TensorNames

extension ConvolutionHead {
  func backward(_ builder: BackwardBuilder) -> any TemporalHeadBackward {
    ConvolutionHeadBackward(head: self, weight: builder.gradient(TensorNames.Head.convolution))
  }
}

/// The backward pass of the Conv_1D head, through the same view of [T, E] as [E, T].
struct ConvolutionHeadBackward: TemporalHeadBackward {
  let head: ConvolutionHead
  let weight: FloatBuffer?  // the gradient, [E, 1, 3]

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Void, _ pool: ThreadPool
  ) throws(Failure) {
    let (frames, scale) = (head.frames, 1 / Float(head.frames))
    head.writeShares(of: gradient, to: dx)
    for channel in 0..<head.size {
      let share = gradient[channel] * scale
      let (viewed, to) = (x + channel * frames, dx + channel * frames)
      let kernel = head.weight.base + channel * 3
      var (before, own, after): (Float, Float, Float) = (0, 0, 0)
      for t in 0..<frames {
        // This number is the middle of its own window, the first of the next and the last of the one before.
        var factor = kernel[1]
        own += viewed[t]
        if t + 1 < frames {
          factor += kernel[0]
          before += viewed[t]
        }
        if t > 0 {
          factor += kernel[2]
          after += viewed[t]
        }
        to[t] += share * factor
      }
      guard let weight else { continue }
      weight.base[channel * 3] += share * before
      weight.base[channel * 3 + 1] += share * own
      weight.base[channel * 3 + 2] += share * after
    }
  }
}
