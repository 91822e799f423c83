import Model
import Preprocess
import System
import Video

/// The T frames of one video as the network's input. The thread that decodes writes them in their order while the
/// pipeline takes those that are ready.
final class VideoFrames: FrameSource, @unchecked Sendable {
  // Unchecked: a frame's numbers are read only once it is ready, and are not written any more then.
  let count: Int
  private let numbers: GrowingArray<Float>  // [T, 3, S, S]
  private let numbersPerFrame: Int
  private let preprocessor: Preprocessor
  /// The number of frames that are ready, or the reason why no more will come.
  private let ready = Monitor<Result<Int, Failure>>(.success(0))

  /// - Throws: where the options do not go with the model's input side, and without memory.
  init(_ loaded: LoadedModel, _ options: PreprocessOptions) throws(Failure) {
    count = loaded.configuration.frames
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

  /// Writes a decoded frame to the places that it takes, which go on from those before: the first place is computed, and
  /// the others, of a clip with fewer frames, are copies.
  func write(_ frame: VideoFrame, to places: Range<Int>) throws(Failure) {
    let first = numbers.base + places.lowerBound * numbersPerFrame
    let image = try ImageView(
      base: frame.pixels, width: frame.width, height: frame.height, rowStride: frame.stride, format: .rgb)
    try preprocessor.pixels(image, into: UnsafeMutableBufferPointer(start: first, count: numbersPerFrame))
    for place in places.dropFirst() {
      (numbers.base + place * numbersPerFrame).update(from: first, count: numbersPerFrame)
    }
    ready.change { $0 = $0.map { max($0, places.upperBound) } }
  }

  /// Says that no more frames will come: a call that waits for them throws `failure`.
  func fail(_ failure: Failure) { ready.change { $0 = .failure(failure) } }

  /// Forgets all frames, to be written from the first one again. Nobody may be reading them.
  func restart() { ready.change { $0 = .success(0) } }
}
