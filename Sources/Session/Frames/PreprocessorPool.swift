import Numerics
import Preprocess
import System

/// Preprocessors that threads take in turn, so that frames of one size share the tables that depend on it.
public final class PreprocessorPool: Sendable {
  private let size: Int
  private let options: PreprocessOptions
  private let idle: Monitor<[Preprocessor]>

  /// - Throws: where the options do not go with the network's input side `size`.
  public init(size: Int, options: PreprocessOptions) throws(Failure) {
    self.size = size
    self.options = options
    idle = Monitor([try Preprocessor(size: size, options: options)])
  }

  /// Writes an image as the network's input, [3, size, size].
  func pixels(_ image: ImageView, to output: UnsafeMutablePointer<Float>) throws(Failure) {
    let one =
      if let taken = idle.withLock({ $0.popLast() }) { taken } else {
        try Preprocessor(size: size, options: options)
      }
    defer { idle.withLock { $0.append(one) } }
    try one.pixels(image, into: UnsafeMutableBufferPointer(start: output, count: 3 * size * size))
  }
}
