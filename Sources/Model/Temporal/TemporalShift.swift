import Numerics
import System

/// The form of the in-network temporal shift (paper section 3.3). Raw values are those of the C API's option.
public enum ShiftForm: Int32, Sendable, CaseIterable {
  /// Channels come from the frame after and from the frame before.
  case twoSided = 1
  case off
  /// Channels come from the frame before alone, as in TSM's online form: each frame can be encoded when it comes.
  case causal

  /// The form as options and metadata name it.
  public var name: String {
    switch self {
    case .off: "off"
    case .twoSided: "on"
    case .causal: "causal"
    }
  }

  public init?(name: some StringProtocol) {
    guard let form = ShiftForm.allCases.first(where: { $0.name == name }) else { return nil }
    self = form
  }
}

/// In-network temporal prompt (paper section 3.3; reference modules/temporal_modeling.py): before each
/// block, on its whole input and not only on the branch, a fraction of the patch tokens' channels is
/// taken from the neighbouring frames. The class token stays.
///
/// Two-sided, channels [0, fold) come from frame t+1 and [fold, 2·fold) from frame t−1; zero beyond the clip.
/// Causal, [fold, 2·fold) come from frame t−1 and all others stay: the same channels from the past as in the two-sided
/// form, so that weights trained with one lose only what came from the future when they run with the other. TSM's online
/// form (Lin et al. 2019, section 3.3) also takes an eighth from the past.
struct TemporalShift {
  let frames: Int  // T
  let tokens: Int  // n, class token first
  let width: Int  // W
  var isCausal = false

  /// The channels that come from one neighbour.
  var fold: Int { width / 8 }

  /// x [videos, T, n, W] in place.
  func apply(_ x: UnsafeMutablePointer<Float>, videos: Int, pool: ThreadPool) {
    apply(FloatRows(x, stride: width), videos: videos, pool: pool)
  }

  /// Tokens of whole videos in place, a row each.
  func apply(_ x: FloatRows, videos: Int, pool: ThreadPool) {
    forEachToken(x, videos: videos, pool: pool) { first, frameStride in
      if !isCausal { takeFromNext(first, frameStride) }
      takeFromPrevious(first + fold, frameStride)
    }
  }

  /// The gradient of the shifted tokens, turned in place into that of the tokens before: each number goes back to where
  /// it came from.
  func applyAdjoint(_ gradient: FloatRows, videos: Int, pool: ThreadPool) {
    forEachToken(gradient, videos: videos, pool: pool) { first, frameStride in
      if !isCausal { takeFromPrevious(first, frameStride) }
      takeFromNext(first + fold, frameStride)
    }
  }

  /// Calls `body` with each patch token in its video's first frame, and the floats from a frame to the next.
  private func forEachToken(
    _ x: FloatRows, videos: Int, pool: ThreadPool,
    _ body: (_ first: UnsafeMutablePointer<Float>, _ frameStride: Int) -> Void
  ) {
    pool.run(count: videos * (tokens - 1)) { index, _ in
      let (video, token) = (index / (tokens - 1), index % (tokens - 1) + 1)
      body(x[video * frames * tokens + token], tokens * x.stride)
    }
  }

  /// Moves channels [0, fold) of one token from each frame to the one before.
  private func takeFromNext(_ first: UnsafeMutablePointer<Float>, _ frameStride: Int) {
    for t in 0..<frames {
      let to = first + t * frameStride
      if t + 1 < frames {
        to.update(from: to + frameStride, count: fold)
      } else {
        to.update(repeating: 0, count: fold)
      }
    }
  }

  /// Moves channels [0, fold) of one token from each frame to the one after.
  private func takeFromPrevious(_ first: UnsafeMutablePointer<Float>, _ frameStride: Int) {
    for t in (0..<frames).reversed() {
      let to = first + t * frameStride
      if t > 0 {
        to.update(from: to - frameStride, count: fold)
      } else {
        to.update(repeating: 0, count: fold)
      }
    }
  }
}
