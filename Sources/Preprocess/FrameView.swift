import System

/// A camera's frame in memory that somebody else owns, read in place: its planes, its colours, how it is turned
/// upright, and the part of it that counts.
///
/// Making one checks every number and reads no pixel. The memory must stay readable and unchanged while the view is in
/// use. Only bytes of pixels are read, never the padding of a row or anything after the last row.
public struct FrameView: BitwiseCopyable, @unchecked Sendable {
  // Unchecked: a borrowed, read-only view, which its owner keeps alive.
  /// The size of the part that counts, upright: the picture that is resized.
  public let width: Int
  public let height: Int

  let format: FrameFormat
  let planes: Planes
  let matrix: ColourMatrix
  let range: ColourRange
  let placement: FramePlacement

  /// The first byte of each plane and the bytes from row to row; planes that the format lacks repeat the first one.
  struct Planes: BitwiseCopyable {
    var bases: (UnsafePointer<UInt8>, UnsafePointer<UInt8>, UnsafePointer<UInt8>)
    var strides: (Int, Int, Int)
  }

  /// A plane as a caller states it. A stride of 0 means that rows are packed.
  public typealias Plane = (base: UnsafePointer<UInt8>?, stride: Int)

  /// Views an image: whole and upright.
  public init(_ image: ImageView) {
    self.width = image.width
    self.height = image.height
    self.format = .pixels(image.format)
    self.planes = Planes(
      bases: (image.base, image.base, image.base),
      strides: (image.rowStride, image.rowStride, image.rowStride))
    self.matrix = .bt601
    self.range = .limited
    self.placement = FramePlacement()
  }

  /// - Parameters:
  ///   - width, height: the picture's size as it is stored.
  ///   - planes: those of the format; others must be nil.
  ///   - matrix: nil for the one assumed by the stored height.
  ///   - region: the part that counts, in pixels of the picture turned upright and flipped; nil: all of it.
  ///   - clampsRegion: whether a region that is partly outside is cut to the picture; else it is refused.
  /// - Throws: `.invalidArgument`.
  public init(
    format: FrameFormat, width: Int, height: Int, planes: (Plane, Plane, Plane, Plane),
    matrix: ColourMatrix? = nil, range: ColourRange = .limited, rotation: FrameRotation = .none,
    flip: FrameFlip = .none, region: FrameRegion? = nil, clampsRegion: Bool = false
  ) throws(Failure) {
    let limit = ImageView.maximumSide
    guard (1...limit).contains(width), (1...limit).contains(height) else {
      throw .argument("frame is \(width)x\(height) pixels; each side must be 1 to \(limit)")
    }
    let first = try Self.plane(0, planes.0, format, width, height)
    let second = format.planes > 1 ? try Self.plane(1, planes.1, format, width, height) : first
    let third = format.planes > 2 ? try Self.plane(2, planes.2, format, width, height) : first
    try Self.refuse(planes.1.base != nil && format.planes < 2, 1, format)
    try Self.refuse(planes.2.base != nil && format.planes < 3, 2, format)
    try Self.refuse(planes.3.base != nil, 3, format)
    let turned = rotation == .quarter || rotation == .threeQuarters
    let upright = turned ? (width: height, height: width) : (width: width, height: height)
    let whole = FrameRegion(x: 0, y: 0, width: upright.width, height: upright.height)
    let part = try region?.inside(whole, clamps: clampsRegion) ?? whole
    self.width = part.width
    self.height = part.height
    self.format = format
    self.planes = Planes(
      bases: (first.base, second.base, third.base), strides: (first.stride, second.stride, third.stride))
    self.matrix = matrix ?? .assumed(height: height)
    self.range = range
    self.placement = FramePlacement(
      storedWidth: width, storedHeight: height, rotation: rotation, flip: flip, region: part)
  }

  private static func refuse(_ isGiven: Bool, _ index: Int, _ format: FrameFormat) throws(Failure) {
    guard !isGiven else {
      let count = format.planes == 1 ? "1 plane" : "\(format.planes) planes"
      throw .argument("planes[\(index)] is not NULL; \(format.name) has \(count)")
    }
  }

  /// Checks a plane: there, wide enough, and inside the address space.
  private static func plane(
    _ index: Int, _ plane: Plane, _ format: FrameFormat, _ width: Int, _ height: Int
  ) throws(Failure) -> (base: UnsafePointer<UInt8>, stride: Int) {
    guard let base = plane.base else { throw .argument("planes[\(index)] is NULL; \(format.name) needs it") }
    let extent = format.extent(ofPlane: index, width: width, height: height)
    guard plane.stride >= 0 else {
      throw .argument(
        "strides[\(index)] is \(plane.stride) bytes; for rows from bottom to top give the address of the last row, the"
          + " stride without its sign, and a vertical flip")
    }
    let stride = plane.stride == 0 ? extent.bytes : plane.stride
    guard stride >= extent.bytes else {
      throw .argument(
        "strides[\(index)] is \(stride) bytes; a row of \(width) pixels of \(format.name) needs at least"
          + " \(extent.bytes) there")
    }
    let (distance, tooFar) = stride.multipliedReportingOverflow(by: extent.rows - 1)
    let (bytes, tooLong) = distance.addingReportingOverflow(extent.bytes)
    let (_, wraps) = UInt(bitPattern: base).addingReportingOverflow(UInt(bitPattern: bytes))
    guard !tooFar, !tooLong, !wraps else {
      throw .argument(
        "strides[\(index)] of \(stride) bytes times \(extent.rows) rows exceeds the address space")
    }
    return (base, stride)
  }
}

extension FrameView {
  /// The frame as an image, if its rows can be read in place: whole pixels, neither turned nor flipped.
  var image: ImageView? {
    guard case .pixels(let pixels) = format, placement.isUpright else { return nil }
    let start = placement.firstRow * planes.strides.0 + placement.firstColumn * pixels.bytesPerPixel
    return ImageView(
      checked: planes.bases.0 + start, width: width, height: height, rowStride: planes.strides.0,
      format: pixels)
  }

  var hasAlpha: Bool {
    if case .pixels(let pixels) = format { pixels.hasAlpha } else { false }
  }
}
