import Model
import Preprocess
import System
import Video

/// The T frames of each view of one video as the network's input. The decoding thread writes them in order, and the
/// pipeline takes those that are ready: of several views, all at once.
final class VideoFrames: FrameSource, @unchecked Sendable {
  // Unchecked: a frame is read only once it is ready, and is not written after that.
  let views: Int
  /// T times the views.
  let count: Int
  private let numbers: GrowingArray<Float>  // [views, T, 3, S, S]
  private let numbersPerFrame: Int
  private let preprocessor: Preprocessor
  /// The number of frames that are ready, or the reason why no more will come.
  private let ready = Monitor<Result<Int, Failure>>(.success(0))

  /// - Throws: if the options do not fit the model's input side, or without memory.
  init(_ loaded: LoadedModel, _ options: PreprocessOptions, views: Int) throws(Failure) {
    self.views = views
    count = try product([loaded.configuration.frames, views], "views")
    numbersPerFrame = loaded.model.pixelsPerFrame
    preprocessor = try Preprocessor(size: loaded.configuration.imageSize, options: options)
    let size = try product([count, numbersPerFrame], "frames")
    do { numbers = try GrowingArray(uninitialized: size) } catch { throw .outOfMemory("\(count) frames") }
  }

  var pixels: UnsafePointer<Float>? { UnsafePointer(numbers.base) }

  func readyFrames(atLeast count: Int) throws(Failure) -> Int {
    func isDecided(_ ready: Result<Int, Failure>) -> Bool {
      (try? ready.get()).map { $0 >= count } ?? true
    }
    return try ready.wait(until: isDecided) { $0 }.get()
  }

  /// Preprocesses a decoded frame and writes it at `positions`, which follow those written before. A video of fewer
  /// than T frames has some frames at several positions.
  func write(_ frame: VideoFrame, to positions: Range<Int>) throws(Failure) {
    let first = numbers.base + place(of: positions.lowerBound)
    let image = try ImageView(
      base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride, format: .rgb)
    try preprocessor.pixels(image, into: UnsafeMutableBufferPointer(start: first, count: numbersPerFrame))
    for position in positions.dropFirst() {
      (numbers.base + place(of: position)).update(from: first, count: numbersPerFrame)
    }
    let isReady = views == 1 || positions.upperBound == count
    ready.change { $0 = $0.map { max($0, isReady ? positions.upperBound : 0) } }
  }

  /// The offset of the frame at a position in the video. Views take positions in turn.
  private func place(of position: Int) -> Int {
    (position % views * (count / views) + position / views) * numbersPerFrame
  }

  /// Ends the frames: a call that waits for more throws `failure`.
  func fail(_ failure: Failure) { ready.change { $0 = .failure(failure) } }

  /// Discards all frames, so that writing begins again with the first. No thread may be reading them.
  func restart() { ready.change { $0 = .success(0) } }
}
