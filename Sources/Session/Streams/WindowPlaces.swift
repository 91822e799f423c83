import Preprocess
import Streams
import System

/// The frames at the T places of a window, which may have fewer different ones.
struct WindowPlaces: Sendable {
  let length: Int  // T
  let warmUp: WarmUp
  let choice: FrameChoice

  /// Calls `body` for each place, 0 ..< T, with the number of its frame within the window, 0 ..< `frames`.
  func forEach(of frames: Int, _ body: (_ place: Int, _ frame: Int) throws(Failure) -> Void) throws(Failure) {
    if frames == length || warmUp == .repeatFirst {
      for place in 0..<length { try body(place, max(0, place - (length - frames))) }
      return
    }
    // A short window is chosen from as a short video is.
    let chosen = try FrameSampling(
      frameCount: frames, segments: length, by: choice, frameRate: usualFrameRate)
    for place in 0..<length { try body(place, chosen.index(place)) }
  }
}
