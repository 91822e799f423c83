import System

/// The frames of one clip as RGB pictures in memory of their own, from which crops are drawn. A picture whose short side
/// is longer than S·256/224 pixels is shrunk to that by Pillow's bicubic resize, so that what is kept is bounded. One
/// thread appends; after that any number may read.
public final class ClipPictures: @unchecked Sendable {
  // Unchecked: nothing changes once all pictures are appended.
  private struct Place: BitwiseCopyable {
    let offset, width, height: Int
  }

  private let shortSide: Int
  private let expected: Int
  private var bytes = GrowingArray<UInt8>()
  private var places = GrowingArray<Place>()
  /// The resize of pictures of the size that the last one had.
  private var plan: Plan?

  private struct Plan: ~Copyable {
    let source: (width: Int, height: Int)
    let geometry: ResizeGeometry
    var resampler: FrameResampler
  }

  /// - Parameters:
  ///   - size: S, the side of a crop.
  ///   - expected: the number of pictures to make room for.
  public init(size: Int, expected: Int) throws(Failure) {
    shortSide = try ResizeGeometry.shortSide(size: size, options: PreprocessOptions())
    self.expected = max(expected, 1)
  }

  public var count: Int { places.count }
  /// Bytes of all pictures, and of the largest one.
  public var byteCount: Int { bytes.count }
  public var largestByteCount: Int { places.view.reduce(0) { max($0, 3 * $1.width * $1.height) } }

  /// Appends a picture, upright, in RGB.
  /// - Parameter onWhite: whether alpha is composited on white; else it is dropped.
  public func append(_ picture: FrameView, onWhite: Bool = false) throws(Failure) {
    try prepare(for: picture)
    guard let geometry = plan?.geometry else { return }
    // Sides are up to 65535, so sizes of one picture do not overflow.
    let size = 3 * geometry.width * geometry.height
    let offset = bytes.count
    if offset == 0 {
      let (room, overflow) = size.multipliedReportingOverflow(by: expected)
      guard !overflow else { throw .outOfMemory(bytes: Int.max) }
      bytes = try GrowingArray(capacity: room)
    }
    try bytes.append(repeating: 0, count: size)
    do throws(Failure) {
      try places.append(Place(offset: offset, width: geometry.width, height: geometry.height))
    } catch {
      bytes.removeLast(size)
      throw error
    }
    let (target, rowBytes) = (bytes.base + offset, 3 * geometry.width)
    try plan?.resampler.forEachRow(of: picture, onWhite && picture.hasAlpha ? .onWhite : .colours) {
      row, pixels in
      (target + row * rowBytes).update(from: pixels, count: rowBytes)
    }
  }

  /// Forgets all pictures.
  public func removeAll() {
    bytes.removeAll()
    places.removeAll()
  }

  /// A picture, in place.
  public subscript(index: Int) -> ImageView {
    let place = places[index]
    return ImageView(
      checked: bytes.base + place.offset, width: place.width, height: place.height,
      rowStride: 3 * place.width, format: .rgb)
  }

  /// Calls `body` with pieces of memory that tell pictures apart: their sides, and their bytes.
  public func forEachPiece(_ body: (UnsafeRawBufferPointer) -> Void) {
    body(UnsafeRawBufferPointer(places.view))
    body(UnsafeRawBufferPointer(bytes.view))
  }

  private func prepare(for picture: FrameView) throws(Failure) {
    let (width, height) = (picture.width, picture.height)
    if let source = plan?.source, source == (width, height) { return }
    let geometry = ClipPictures.geometry(width, height, shortSide)
    plan = Plan(
      source: (width, height), geometry: geometry,
      resampler: FrameResampler(
        .pillow(
          try Resampler(
            width: width, height: height, geometry: geometry, columns: geometry.width,
            rows: geometry.height))))
  }

  /// The sides that a picture is kept with.
  private static func geometry(_ width: Int, _ height: Int, _ shortSide: Int) -> ResizeGeometry {
    let (short, long) = (min(width, height), max(width, height))
    guard short > shortSide else { return ResizeGeometry(width: width, height: height) }
    // torchvision's rule. The product is exact in a Double.
    let resizedLong = Int(Double(shortSide * long) / Double(short))
    return width >= height
      ? ResizeGeometry(width: resizedLong, height: shortSide)
      : ResizeGeometry(width: shortSide, height: resizedLong)
  }

  /// Bytes that a picture of these sides, each 1...65535, takes once it is kept for crops of side `size`.
  public static func bytes(width: Int, height: Int, size: Int) throws(Failure) -> Int {
    let kept = geometry(
      width, height, try ResizeGeometry.shortSide(size: size, options: PreprocessOptions()))
    return 3 * kept.width * kept.height
  }
}
