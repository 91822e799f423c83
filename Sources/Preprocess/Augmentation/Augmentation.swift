import System

/// A way to draw the crops of a clip that is trained on.
public enum Augmentation: Sendable, CaseIterable {
  /// The crop of test time.
  case none
  /// One of 13 places in one of ten sizes, and a mirror image for one clip in two, as mmaction2 trains.
  case flip
  /// The reference's: as `flip`, then for four clips in five a jitter of colours, drawn for each frame, and for one clip
  /// in five grey (utils/Augmentation.py).
  case reference
  /// The reference's for Kinetics-400: before all that, two operations of RandAugment at strength 9, drawn for each
  /// frame.
  case referenceK400

  fileprivate var changesColours: Bool { self == .reference || self == .referenceK400 }
}

/// Draws the crops of a clip's frames. It keeps its memory from clip to clip; one thread at a time may use it.
public final class ClipAugmentation {
  private let kind: Augmentation
  private let size: Int
  private let randAugment = RandAugment(operations: 2, strength: 9)
  private var picture = GrowingArray<UInt8>()
  private var copy = GrowingArray<UInt8>()

  /// - Parameter size: S, the side of a crop, 1...4096.
  public init(_ kind: Augmentation, size: Int) { (self.kind, self.size) = (kind, size) }

  /// Bytes of working memory for pictures of up to `picture` bytes: that of operations on whole pictures.
  public static func workBytes(_ kind: Augmentation, picture: Int) -> Int {
    kind == .referenceK400 ? 2 * picture : 0
  }

  /// The draws that all frames of a clip share.
  private struct Draw {
    let crop: CropDraw
    let isMirrored, jitters, isGrey: Bool

    init(_ kind: Augmentation, mirrors: Bool, _ random: inout SplitMix64) {
      crop = CropDraw(&random)
      let (mirror, jitter, grey) = (random.uniform(), random.uniform(), random.uniform())
      isMirrored = mirrors && mirror < 0.5
      jitters = kind.changesColours && jitter < 0.8
      isGrey = kind.changesColours && grey < 0.2
    }
  }

  /// Writes the crops of the pictures at `frames`, [frames, S, S, 3]. They follow from `random` alone.
  /// - Parameter mirrors: whether a mirror image shows the same action.
  public func draw(
    _ pictures: ClipPictures, frames: [Int], mirrors: Bool, _ random: SplitMix64,
    to crops: UnsafeMutablePointer<UInt8>
  ) throws(Failure) {
    var random = random
    let draw = Draw(kind, mirrors: mirrors, &random)
    let bytes = 3 * size * size
    for (place, frame) in frames.enumerated() {
      let crop = RGBPixels(base: crops + place * bytes, width: size, height: size)
      try write(pictures[frame], draw.crop, &random, to: crop)
      if draw.isMirrored { crop.mirror() }
      if draw.jitters { ColourJitter.apply(to: crop, &random) }
      if draw.isGrey { crop.makeGrey() }
    }
  }

  /// Cuts the crop out of a picture, and resizes it bilinearly.
  private func write(
    _ source: ImageView, _ draw: CropDraw, _ random: inout SplitMix64, to crop: RGBPixels
  ) throws(Failure) {
    var source = source
    if kind == .referenceK400 {
      let count = 3 * source.width * source.height
      if picture.count < count { picture = try GrowingArray(uninitialized: count) }
      if copy.count < count { copy = try GrowingArray(uninitialized: count) }
      picture.base.update(from: source.base, count: count)
      let whole = RGBPixels(base: picture.base, width: source.width, height: source.height)
      randAugment.apply(to: whole, &random, copy: copy.base)
      source = ImageView(
        checked: picture.base, width: source.width, height: source.height, rowStride: 3 * source.width,
        format: .rgb)
    }
    let part = draw.part(of: source.width, source.height, size: size)
    let geometry = ResizeGeometry(width: size, height: size)
    let resampler = try Resampler(
      width: part.width, height: part.height, geometry: geometry, columns: size, rows: size,
      filter: .bilinear)
    var cut = ImageView(
      checked: source.base + part.y * source.rowStride + 3 * part.x, width: part.width,
      height: part.height, rowStride: source.rowStride, format: .rgb)
    resampler.forEachRow(of: &cut) { row, pixels in
      (crop.base + 3 * size * row).update(from: pixels, count: 3 * size)
    }
  }
}

/// Draws a frame of each of `segments` equal parts of `count` frames, as the reference does while training. Of no more
/// frames than parts it takes all, and some of them again.
/// - Returns: indices that never decrease.
public func drawnFrames(of count: Int, segments: Int, _ random: inout SplitMix64) -> [Int] {
  guard count > segments else {
    let again = (count..<max(segments, count)).map { _ in random.index(below: count) }
    return (Array(0..<count) + again).sorted()
  }
  // i · count div segments, without a product that overflows.
  let (whole, rest) = count.quotientAndRemainder(dividingBy: segments)
  func tick(_ i: Int) -> Int { i * whole + i * rest / segments }
  return (0..<segments).map { tick($0) + random.index(below: tick($0 + 1) - tick($0)) }
}
