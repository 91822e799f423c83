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
    let frameStride = tokens * width
    pool.run(count: videos * (tokens - 1)) { index, _ in
      let (video, token) = (index / (tokens - 1), index % (tokens - 1) + 1)
      let first = x + video * frames * frameStride + token * width
      if !isCausal { takeFromNext(first, frameStride) }
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

  /// Moves channels [0, fold) of one token back by a frame. `first` is the token in the video's first frame.
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
}
