import Preprocess
import System

/// The frames that a clip has, and which of them make its T frames of a draw.
public struct KeptFrames: Sendable {
  /// All frames, and T.
  public let count, perView: Int
  /// Views that the frames are spread over in turn, and that lie one after another; nil: the frames are a run in order of
  /// time.
  public let views: Int?

  /// T frames for each view.
  public init(views: Int, of perView: Int) throws(Failure) {
    count = try product([views, perView], "views")
    (self.perView, self.views) = (perView, views)
  }

  /// So many frames in order of time, from which T are drawn.
  public init(run count: Int, of perView: Int) {
    (self.count, self.perView, views) = (count, perView, nil)
  }

  /// The place of the frame that is at `position` in order of time.
  func place(_ position: Int) -> Int {
    guard let views else { return position }
    return position % views * perView + position / views
  }

  /// The places of a view's frames; of a run, those that the reference takes at test time.
  func view(_ view: Int) -> [Int] {
    guard views != nil else {
      // A run has at least one frame, and T is a model's: no number is refused.
      return (try? sampleIndices(frameCount: count, segments: perView)) ?? []
    }
    return (0..<perView).map { view * perView + $0 }
  }

  /// The places of T frames drawn as the reference does while training.
  func drawn(_ random: inout SplitMix64) -> [Int] {
    drawnFrames(of: count, segments: perView, &random).map(place)
  }
}
