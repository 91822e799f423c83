import System

/// One operation of RandAugment (Cubuk et al. 2020, arXiv 1909.13719), in the form and with the ranges that the
/// reference uses.
enum RandAugmentOperation: Int, CaseIterable {
  case autocontrast, equalize, invert, rotate, posterize, solarize, solarizeAdd, colour, contrast, brightness,
    sharpness
  case shearX, shearY, cutout, translateX, translateY

  /// The operation's parameter at the least and at full strength.
  private var range: (Double, Double) {
    switch self {
    case .autocontrast, .equalize, .invert: (0, 1)
    case .rotate: (0, 30)
    case .posterize: (0, 4)
    case .solarize: (0, 256)
    case .solarizeAdd: (0, 110)
    case .colour, .contrast, .brightness, .sharpness: (0.1, 1.9)
    case .shearX, .shearY: (0, 0.3)
    case .cutout: (0, 40)
    case .translateX, .translateY: (0, 100)
    }
  }

  /// The parameter at a strength, where `full` is the full one.
  func parameter(strength: Double, full: Double) -> Double { range.0 + (range.1 - range.0) * strength / full }

  /// Changes a picture. `random` gives the direction and the place, where the operation has one; `copy` has room for the
  /// picture.
  func apply(
    to pixels: RGBPixels, _ value: Double, _ random: inout SplitMix64, copy: UnsafeMutablePointer<UInt8>
  ) {
    switch self {
    case .autocontrast: pixels.stretchLevels()
    case .equalize: pixels.equalize()
    case .invert: pixels.invert()
    case .posterize: pixels.posterize(bits: Int(value))
    case .solarize: pixels.solarize(value)
    case .solarizeAdd: pixels.solarize(adding: Int(value))
    case .colour: pixels.changeSaturation(value)
    case .contrast: pixels.changeContrast(value)
    case .brightness: pixels.changeBrightness(value)
    case .sharpness: pixels.changeSharpness(value, copy: copy)
    case .cutout:
      func range(of side: Int) -> ClosedRange<Int> {
        let first = Int(max(0, random.uniform() * Double(side) - value / 2))
        return first...Int(min(Double(side), Double(first) + value))
      }
      let columns = range(of: pixels.width)
      pixels.cover(columns: columns, rows: range(of: pixels.height))
    case .rotate, .shearX, .shearY, .translateX, .translateY:
      let value = random.uniform() > 0.5 ? -value : value
      switch self {
      case .rotate: pixels.rotate(value, copy: copy)
      case .shearX: pixels.transform(1, value, 0, 0, 1, 0, copy: copy)
      case .shearY: pixels.transform(1, 0, 0, value, 1, 0, copy: copy)
      case .translateX: pixels.transform(1, 0, value, 0, 1, 0, copy: copy)
      default: pixels.transform(1, 0, 0, 0, 1, value, copy: copy)
      }
    }
  }
}

/// RandAugment: some operations, each as likely, drawn with replacement, all at one strength.
struct RandAugment {
  let operations: Int
  /// The strength; 30 is the full one.
  let strength: Double

  static let fullStrength = 30.0

  func apply(
    to pixels: RGBPixels, _ random: inout SplitMix64, copy: UnsafeMutablePointer<UInt8>
  ) {
    let all = RandAugmentOperation.allCases
    for _ in 0..<operations {
      let operation = all[random.index(below: all.count)]
      let value = operation.parameter(strength: strength, full: RandAugment.fullStrength)
      operation.apply(to: pixels, value, &random, copy: copy)
    }
  }
}
