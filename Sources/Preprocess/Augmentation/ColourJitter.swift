import System

/// torchvision's ColorJitter with the reference's reaches: brightness and contrast by factors of 0.6 to 1.4, saturation
/// by 0.8 to 1.2, hue by up to a tenth of the circle, in any order.
struct ColourJitter {
  private enum Change: CaseIterable {
    case brightness, contrast, saturation, hue

    var reach: Double {
      switch self {
      case .brightness, .contrast: 0.4
      case .saturation: 0.2
      case .hue: 0.1
      }
    }
  }

  /// Draws the order and each change, and changes the picture.
  static func apply(to pixels: RGBPixels, _ random: inout SplitMix64) {
    var changes = Change.allCases
    for last in stride(from: changes.count - 1, to: 0, by: -1) {
      changes.swapAt(last, random.index(below: last + 1))
    }
    for change in changes {
      let drawn = (2 * random.uniform() - 1) * change.reach
      switch change {
      case .brightness: pixels.changeBrightness(1 + drawn)
      case .contrast: pixels.changeContrast(1 + drawn)
      case .saturation: pixels.changeSaturation(1 + drawn)
      case .hue: pixels.turnHue(drawn)
      }
    }
  }
}
