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
    guard head.takesDirections else { return }
    // A direction u = x/|x| passes on the part of a gradient at right angles to it, divided by |x|.
    for t in 0..<head.frames {
      let (row, own) = (x + t * head.size, dx + t * head.size)
      let scale = head.inverseLength(of: row)
      var along: Float = 0
      for i in 0..<head.size { along += row[i] * scale * own[i] }
      for i in 0..<head.size { own[i] = (own[i] - row[i] * scale * along) * scale }
    }
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
