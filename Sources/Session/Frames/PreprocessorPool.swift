import Preprocess
import System

/// A pool of preprocessors for any number of threads. Reusing one saves its tables, which depend on the size of images.
public final class PreprocessorPool: Sendable {
  private let size: Int
  private let options: PreprocessOptions
  private let idle: Monitor<[Preprocessor]>

  /// - Throws: if the options do not fit the network's input side `size`.
  public init(size: Int, options: PreprocessOptions) throws(Failure) {
    self.size = size
    self.options = options
    idle = Monitor([try Preprocessor(size: size, options: options)])
  }

  /// Preprocesses a picture to the network's input, [3, size, size].
  func pixels(_ frame: FrameView, to output: UnsafeMutablePointer<Float>) throws(Failure) {
    let preprocessor =
      if let taken = idle.withLock({ $0.popLast() }) { taken } else {
        try Preprocessor(size: size, options: options)
      }
    defer { idle.withLock { $0.append(preprocessor) } }
    try preprocessor.pixels(frame, into: UnsafeMutableBufferPointer(start: output, count: 3 * size * size))
  }
}
