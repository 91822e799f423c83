import Numerics
import System

/// In-network temporal prompt (paper section 3.3; reference modules/temporal_modeling.py): before each
/// block, on its whole input and not only on the branch, a fraction of the patch tokens' channels is
/// taken from the neighbouring frames. The class token stays.
struct TemporalShift {
  let frames: Int  // T
  let tokens: Int  // n, class token first
  let width: Int  // W

  /// Channels [0, fold) come from frame t+1, [fold, 2·fold) from frame t−1; zero beyond the clip.
  var fold: Int { width / 8 }

  /// x [videos, T, n, W] in place.
  func apply(_ x: UnsafeMutablePointer<Float>, videos: Int, pool: ThreadPool) {
    let frameStride = tokens * width
    pool.run(count: videos * (tokens - 1)) { index, _ in
      let (video, token) = (index / (tokens - 1), index % (tokens - 1) + 1)
      let first = x + video * frames * frameStride + token * width
      for t in 0..<frames {
        let to = first + t * frameStride
        if t + 1 < frames {
          to.update(from: to + frameStride, count: fold)
        } else {
          to.update(repeating: 0, count: fold)
        }
      }
      for t in (0..<frames).reversed() {
        let to = first + t * frameStride + fold
        if t > 0 {
          to.update(from: to - frameStride, count: fold)
        } else {
          to.update(repeating: 0, count: fold)
        }
      }
    }
  }
}
