import System
import Numerics
import Preprocess

/// Preprocessors that threads take in turn, so that frames of one size share what depends on it.
final class PreprocessorPool {
  private let size: Int
  private let options: PreprocessOptions
  private let idle: Guarded<[Preprocessor]>

  /// - Throws: where the options do not go with the size.
  init(size: Int, options: PreprocessOptions) throws(PreprocessError) {
    self.size = size
    self.options = options
    idle = Guarded([try Preprocessor(size: size, options: options)])
  }

  func pixels(
    _ image: ImageView, into output: UnsafeMutableBufferPointer<Float>
  ) throws(PreprocessError) {
    let one: Preprocessor
    if let taken = idle.withLock({ $0.popLast() }) {
      one = taken
    } else {
      one = try Preprocessor(size: size, options: options)
    }
    defer { idle.withLock { $0.append(one) } }
    try one.pixels(image, into: output)
  }
}
