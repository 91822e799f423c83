import System

/// The size that an image is resized to, and the position of the S x S crop in it.
struct ResizeGeometry: Equatable {
  let width: Int
  let height: Int
  let left: Int
  let top: Int

  static let maximumSize = 4096
  static let maximumShortSide = 65535

  /// The resized short side for an input of `size` pixels, within limits.
  static func shortSide(size: Int, options: PreprocessOptions) throws(Failure) -> Int {
    guard (1...maximumSize).contains(size) else {
      throw .argument("size is \(size) pixels; it must be 1 to \(maximumSize)")
    }
    guard let chosen = options.shortSide else {
      return [.actionCLIP, .mmaction2].contains(options.mode) ? size * 256 / 224 : size
    }
    guard !options.mode.isSquare || chosen == size else {
      throw .argument("short_side is \(chosen) pixels, but a square has the input's size, \(size)")
    }
    guard chosen >= size else {
      throw .argument("short_side is \(chosen) pixels; it must be at least the crop's size, \(size)")
    }
    guard chosen <= maximumShortSide else {
      throw Failure(
        .invalidArgument, "short_side is \(chosen) pixels; the limit is \(maximumShortSide)")
    }
    return chosen
  }

  /// The whole of a picture, resized to these sides.
  init(width: Int, height: Int) { (self.width, self.height, left, top) = (width, height, 0, 0) }

  /// Both sides are 1...65535 and `shortSide` is `size`...65535, so nothing here overflows and
  /// both resized sides are at least `size`.
  init(
    width: Int, height: Int, size: Int, shortSide: Int, mode: ResizeMode = .actionCLIP, crop: CropPosition
  ) {
    guard !mode.isSquare else {
      (self.width, self.height, left, top) = (size, size, 0, 0)
      return
    }
    let wide = width >= height
    let (short, long) = wide ? (height, width) : (width, height)
    let resizedLong: Int
    let centred: (_ side: Int) -> Int
    let end: Int
    switch mode {
    case .actionCLIP, .clip, .clipBilinear, .huggingFace, .huggingFaceBilinear, .square, .squareBilinear:
      // torchvision: int(size * long / short). The product is exact in a Double.
      resizedLong = Int(Double(shortSide * long) / Double(short))
      centred = mode.isHuggingFaces ? { ($0 - size) / 2 } : { Self.centred($0, size) }
      end = resizedLong - size
    case .mmaction2:
      // mmcv's rescale_size; the short side comes out as it was asked for.
      resizedLong = Int(Double(long) * (Double(shortSide) / Double(short)) + 0.5)
      centred = { ($0 - size) / 2 }
      // ThreeCrop steps twice as far as to the centre, which may leave out the last pixel.
      end = 2 * ((resizedLong - size) / 2)
    }
    let longOffset =
      switch crop {
      case .center: centred(resizedLong)
      case .start: 0
      case .end: end
      }
    let shortOffset = centred(shortSide)
    self.width = wide ? resizedLong : shortSide
    self.height = wide ? shortSide : resizedLong
    self.left = wide ? longOffset : shortOffset
    self.top = wide ? shortOffset : longOffset
  }

  /// torchvision's centre crop: int(round((side - size) / 2.0)), where Python rounds a half to even.
  private static func centred(_ side: Int, _ size: Int) -> Int {
    let twice = side - size
    let half = twice / 2
    return twice.isMultiple(of: 2) || half.isMultiple(of: 2) ? half : half + 1
  }
}
