import Numerics
import System

extension MeanHead {
  func backward(_ builder: BackwardBuilder) -> any TemporalHeadBackward { MeanHeadBackward(head: self) }
}

struct MeanHeadBackward: TemporalHeadBackward {
  let head: MeanHead

  func apply(
    _ x: UnsafePointer<Float>, videos: Int, gradient: UnsafePointer<Float>,
    to dx: UnsafeMutablePointer<Float>, _ buffers: Void, _ pool: ThreadPool
  ) throws(Failure) {
    head.writeShares(of: gradient, to: dx)
  }
}

extension TemporalHead {
  /// Writes 1/T of the gradient of a mean over frames [E] to each frame's, dx [T, E].
  func writeShares(of gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>) {
    let scale = 1 / Float(frames)
    for t in 0..<frames {
      for i in 0..<size { dx[t * size + i] = gradient[i] * scale }
    }
  }
}
