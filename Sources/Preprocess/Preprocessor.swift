import System

/// Turns images into S x S crops or normalised planes.
///
/// Keeps the weights and scratch of the last image size, so the frames of one video share them.
/// One thread at a time may use it: give each thread its own.
public final class Preprocessor {
  /// S, the side of the crop in pixels.
  public let size: Int
  public let options: PreprocessOptions
  private let shortSide: Int
  private let normalization: Normalization
  private var plan: Plan?

  /// The parts that depend on the size of the source image.
  private struct Plan: ~Copyable {
    let sourceWidth: Int
    let sourceHeight: Int
    let hasAlpha: Bool
    let resampler: AnyResampler
  }

  private enum AnyResampler: ~Copyable {
    case bicubic(Resampler)
    case alpha(AlphaResampler)
    case bilinear(BilinearResampler)

    func forEachRow(
      of image: ImageView, _ source: Resampler.Source, emit: (Int, UnsafePointer<UInt8>) -> Void
    ) {
      switch self {
      case .bicubic(let resampler): resampler.forEachRow(of: image, source, emit: emit)
      case .alpha(let resampler): resampler.forEachRow(of: image, emit: emit)
      case .bilinear(let resampler): resampler.forEachRow(of: image, emit: emit)
      }
    }
  }

  /// - Parameter size: S, 1...4096.
  /// - Throws: `.invalidArgument` for a size, short side, mean or std out of range; `.limit` for a
  ///   short side above 65535; `.outOfMemory`.
  public init(size: Int, options: PreprocessOptions = PreprocessOptions()) throws(Failure) {
    shortSide = try ResizeGeometry.shortSide(size: size, options: options)
    normalization = try Normalization(mean: options.mean, std: options.std)
    self.size = size
    self.options = options
  }

  /// Resizes and crops: `output` receives [S, S, 3] RGB bytes, equal to Pillow's, or for `.mmaction2` to
  /// OpenCV's, to the last bit.
  /// - Throws: `.invalidArgument` when `output` is too small; `.outOfMemory`.
  public func crop(
    _ image: ImageView, into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(Failure) {
    let target = try base(of: output)
    let rowBytes = 3 * size
    try prepare(for: image)
    plan?.resampler.forEachRow(of: image, source(of: image)) { row, pixels in
      (target + row * rowBytes).update(from: pixels, count: rowBytes)
    }
  }

  /// Resizes, crops and normalises: `output` receives [3, S, S] floats, planes R, G, B, each
  /// (v / 255 - mean) / std as torchvision's ToTensor and Normalize compute it.
  /// - Throws: `.invalidArgument` when `output` is too small; `.outOfMemory`.
  public func pixels(
    _ image: ImageView, into output: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let target = try base(of: output)
    try prepare(for: image)
    plan?.resampler.forEachRow(of: image, source(of: image)) { row, pixels in
      normalization.apply(pixels, count: size, planes: target + row * size, planeStride: size * size)
    }
  }

  private func base<Element>(
    of output: UnsafeMutableBufferPointer<Element>
  ) throws(Failure) -> UnsafeMutablePointer<Element> {
    let needed = 3 * size * size
    guard let base = output.baseAddress, output.count >= needed else {
      throw .argument("output holds \(output.count) elements; a \(size)x\(size) crop needs \(needed)")
    }
    return base
  }

  private func source(of image: ImageView) -> Resampler.Source {
    options.mode == .huggingFace && image.format.hasAlpha ? .onWhite : .colours
  }

  private func prepare(for image: ImageView) throws(Failure) {
    switch plan {
    case .some(let current)
    where current.sourceWidth == image.width && current.sourceHeight == image.height
      && current.hasAlpha == image.format.hasAlpha:
      return
    default: break
    }
    let geometry = ResizeGeometry(
      width: image.width, height: image.height, size: size, shortSide: shortSide, mode: options.mode,
      crop: options.crop)
    let resampler: AnyResampler
    switch options.mode {
    // Pillow only crops a picture that keeps its size.
    case .clip
    where image.format.hasAlpha && (geometry.width, geometry.height) != (image.width, image.height):
      resampler = .alpha(
        try AlphaResampler(width: image.width, height: image.height, geometry: geometry, size: size))
    case .actionCLIP, .clip, .huggingFace:
      resampler = .bicubic(
        try Resampler(width: image.width, height: image.height, geometry: geometry, size: size))
    case .mmaction2:
      resampler = .bilinear(
        try BilinearResampler(width: image.width, height: image.height, geometry: geometry, size: size))
    }
    plan = Plan(
      sourceWidth: image.width, sourceHeight: image.height, hasAlpha: image.format.hasAlpha,
      resampler: resampler)
  }
}
