import System

/// Turns crops of 8-bit pixels into the network's input, with the bits of `Preprocessor.pixels`. Any number of threads
/// may use it at once.
public final class CropNormalization: Sendable {
  private let size: Int
  private let normalization: Normalization

  /// - Parameter size: S, the side of a crop in pixels.
  /// - Throws: `.invalidArgument` for a mean or std out of range; `.outOfMemory`.
  public init(size: Int, options: PreprocessOptions) throws(Failure) {
    normalization = try Normalization(mean: options.mean, std: options.std)
    self.size = size
  }

  /// Numbers of a crop, 3·S·S.
  public var numbers: Int { 3 * size * size }

  /// Normalises a crop [S, S, 3], in the order R, G, B, to `pixels` [3, S, S].
  public func apply(_ crop: UnsafePointer<UInt8>, to pixels: UnsafeMutablePointer<Float>) {
    normalization.apply(crop, count: size * size, planes: pixels, planeStride: size * size)
  }
}
