import System

/// Turns images and camera frames into S x S crops or normalised planes.
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
    var resampler: FrameResampler
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
    try crop(FrameView(image), into: output)
  }

  /// Resizes, crops and normalises: `output` receives [3, S, S] floats, planes R, G, B, each
  /// (v / 255 - mean) / std as torchvision's ToTensor and Normalize compute it.
  /// - Throws: `.invalidArgument` when `output` is too small; `.outOfMemory`.
  public func pixels(
    _ image: ImageView, into output: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    try pixels(FrameView(image), into: output)
  }

  /// Resizes and crops a camera's frame as the same picture in RGB: converted, turned, flipped and cut to its region
  /// first. `output` receives [S, S, 3] RGB bytes.
  /// - Throws: `.invalidArgument` when `output` is too small; `.outOfMemory`.
  public func crop(
    _ frame: FrameView, into output: UnsafeMutableBufferPointer<UInt8>
  ) throws(Failure) {
    let target = try base(of: output)
    let rowBytes = 3 * size
    try forEachRow(of: frame) { row, pixels in
      (target + row * rowBytes).update(from: pixels, count: rowBytes)
    }
  }

  /// Resizes, crops and normalises a camera's frame as the same picture in RGB. `output` receives [3, S, S] floats.
  /// - Throws: `.invalidArgument` when `output` is too small; `.outOfMemory`.
  public func pixels(
    _ frame: FrameView, into output: UnsafeMutableBufferPointer<Float>
  ) throws(Failure) {
    let target = try base(of: output)
    try forEachRow(of: frame) { row, pixels in
      normalization.apply(pixels, count: size, planes: target + row * size, planeStride: size * size)
    }
  }

  /// Calls `emit` for each row of the crop, top to bottom, with [size, 3] RGB bytes.
  @inline(__always)
  private func forEachRow(
    of frame: FrameView, emit: (Int, UnsafePointer<UInt8>) -> Void
  ) throws(Failure) {
    try prepare(for: frame)
    try plan?.resampler.forEachRow(of: frame, source(of: frame), emit: emit)
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

  private func source(of frame: FrameView) -> Resampler.Source {
    options.mode.laysOnWhite && frame.hasAlpha ? .onWhite : .colours
  }

  private func prepare(for frame: FrameView) throws(Failure) {
    switch plan {
    case .some(let current)
    where current.sourceWidth == frame.width && current.sourceHeight == frame.height
      && current.hasAlpha == frame.hasAlpha:
      return
    default: break
    }
    let geometry = ResizeGeometry(
      width: frame.width, height: frame.height, size: size, shortSide: shortSide, mode: options.mode,
      crop: options.crop)
    let filter: PillowFilter
    switch options.mode {
    case .squareBilinear, .huggingFaceBilinear, .clipBilinear: filter = .bilinear
    case .actionCLIP, .clip, .huggingFace, .square, .mmaction2: filter = .bicubic
    }
    let (width, height) = (frame.width, frame.height)
    let way: FrameResampler.Way
    if options.mode == .mmaction2 {
      way = .bilinear(
        try BilinearResampler(width: width, height: height, geometry: geometry, size: size))
    } else if options.mode.resizesAlpha, frame.hasAlpha,
      // Pillow only crops a picture that keeps its size.
      (geometry.width, geometry.height) != (width, height)
    {
      way = .alpha(
        try AlphaResampler(width: width, height: height, geometry: geometry, size: size, filter: filter))
    } else {
      way = .pillow(
        try Resampler(width: width, height: height, geometry: geometry, size: size, filter: filter))
    }
    plan = Plan(
      sourceWidth: frame.width, sourceHeight: frame.height, hasAlpha: frame.hasAlpha,
      resampler: FrameResampler(way))
  }
}
