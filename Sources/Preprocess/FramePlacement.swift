import System

/// The clockwise turn that makes a stored picture upright.
public enum FrameRotation: Int, Sendable, BitwiseCopyable, CaseIterable {
  case none = 0
  case quarter = 90
  case half = 180
  case threeQuarters = 270
}

/// A mirroring of the upright picture, left to right or top to bottom.
public enum FrameFlip: Sendable, BitwiseCopyable, CaseIterable {
  case none, horizontal, vertical
}

/// A rectangle of pixels of the upright picture.
public struct FrameRegion: Sendable, BitwiseCopyable, Equatable {
  public var x: Int
  public var y: Int
  public var width: Int
  public var height: Int

  public init(x: Int, y: Int, width: Int, height: Int) {
    self.x = x
    self.y = y
    self.width = width
    self.height = height
  }

  /// The rectangle itself if it lies in `picture`, or with `clamps` the part of it that does. All numbers are at most
  /// 32 bits wide, so sums do not overflow.
  func inside(_ picture: FrameRegion, clamps: Bool) throws(Failure) -> FrameRegion {
    let numbers = Int(Int32.min)...Int(Int32.max)
    guard width > 0, height > 0, numbers.contains(x), numbers.contains(y), numbers.contains(width),
      numbers.contains(height)
    else {
      throw .argument("region is \(text); its width and height must be at least 1, or all four numbers 0")
    }
    let (left, top) = (max(x, 0), max(y, 0))
    let (right, bottom) = (min(x + width, picture.width), min(y + height, picture.height))
    guard left < right, top < bottom else {
      throw .argument("region is \(text), outside the upright picture of \(picture.width)x\(picture.height)")
    }
    let part = FrameRegion(x: left, y: top, width: right - left, height: bottom - top)
    guard clamps || part == self else {
      throw .argument(
        "region is \(text), partly outside the upright picture of \(picture.width)x\(picture.height); set region_clamp"
          + " to cut it")
    }
    return part
  }

  private var text: String { "\(width)x\(height) at (\(x), \(y))" }
}

/// Where the pixels of the part that counts lie in the stored picture. Column x and row y of that part are
///   stored column firstColumn + columnStep · x and stored row firstRow + rowStep · y, or, if `isTransposed`,
///   stored column firstColumn + columnStep · y and stored row firstRow + rowStep · x.
struct FramePlacement: BitwiseCopyable {
  var isTransposed = false
  var firstColumn = 0
  var columnStep = 1
  var firstRow = 0
  var rowStep = 1

  /// Whether rows can be read as they are stored.
  var isUpright: Bool { !isTransposed && columnStep == 1 && rowStep == 1 }
}

extension FramePlacement {
  /// - Parameter region: inside the upright picture.
  init(
    storedWidth: Int, storedHeight: Int, rotation: FrameRotation, flip: FrameFlip, region: FrameRegion
  ) {
    isTransposed = rotation == .quarter || rotation == .threeQuarters
    let (width, height) = isTransposed ? (storedHeight, storedWidth) : (storedWidth, storedHeight)
    // The flip undone: column and row of the part's first pixel in the turned picture, and the way on from there.
    let (x, xStep) = flip == .horizontal ? (width - 1 - region.x, -1) : (region.x, 1)
    let (y, yStep) = flip == .vertical ? (height - 1 - region.y, -1) : (region.y, 1)
    // The turn undone.
    switch rotation {
    case .none:
      (firstColumn, columnStep, firstRow, rowStep) = (x, xStep, y, yStep)
    case .quarter:
      (firstColumn, columnStep, firstRow, rowStep) = (y, yStep, storedHeight - 1 - x, -xStep)
    case .half:
      (firstColumn, columnStep) = (storedWidth - 1 - x, -xStep)
      (firstRow, rowStep) = (storedHeight - 1 - y, -yStep)
    case .threeQuarters:
      (firstColumn, columnStep, firstRow, rowStep) = (storedWidth - 1 - y, -yStep, x, xStep)
    }
  }
}
