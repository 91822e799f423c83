// Pillow's ImageEnhance and torchvision's changes of colour, to the last bit.

extension RGBPixels {
  /// Makes the picture darker (factors below 1) or brighter.
  func changeBrightness(_ factor: Double) {
    let factor = Float(factor)
    map { RGBPixels.blend(0, UInt8(truncatingIfNeeded: $0), factor) }
  }

  /// Moves every value towards the mean luminance, or away from it.
  func changeContrast(_ factor: Double) {
    var sum = 0
    for pixel in 0..<count { sum &+= Int(RGBPixels.luminance(base + 3 * pixel)) }
    let mean = UInt8(clamping: Int(Double(sum) / Double(max(count, 1)) + 0.5))
    let factor = Float(factor)
    map { RGBPixels.blend(mean, UInt8(truncatingIfNeeded: $0), factor) }
  }

  /// Moves every pixel towards its luminance, or away from it.
  func changeSaturation(_ factor: Double) {
    let factor = Float(factor)
    for pixel in 0..<count {
      let place = base + 3 * pixel
      let grey = RGBPixels.luminance(place)
      for channel in 0..<3 { place[channel] = RGBPixels.blend(grey, place[channel], factor) }
    }
  }

  /// Replaces every pixel by its luminance.
  func makeGrey() {
    for pixel in 0..<count {
      let place = base + 3 * pixel
      let grey = RGBPixels.luminance(place)
      (place[0], place[1], place[2]) = (grey, grey, grey)
    }
  }

  /// Turns hues by a share of the circle, as torchvision's adjust_hue does it for Pillow's pictures: in whole 255ths, of
  /// hues from 0 to 255, round 256.
  func turnHue(_ turn: Double) {
    let shift = UInt8(truncatingIfNeeded: Int(turn * 255))
    for pixel in 0..<count {
      let place = base + 3 * pixel
      var hsv = HSV(red: place[0], green: place[1], blue: place[2])
      hsv.hue = hsv.hue &+ shift
      (place[0], place[1], place[2]) = hsv.rgb
    }
  }

  /// Moves the picture from a smoothed one towards itself, or beyond: factors below 1 smooth. `copy` has room for the
  /// picture.
  func changeSharpness(_ factor: Double, copy: UnsafeMutablePointer<UInt8>) {
    copy.update(from: base, count: byteCount)
    guard width > 2, height > 2 else { return }
    let factor = Float(factor)
    let row = 3 * width
    func three(_ middle: UnsafeMutablePointer<UInt8>) -> Int32 {
      Int32(middle[-3]) &+ Int32(middle[0]) &+ Int32(middle[3])
    }
    // Pillow's SMOOTH: ones around a five, over 13, rounded. The picture's edge stays as it is.
    for y in 1..<height - 1 {
      for byte in y * row + 3..<(y + 1) * row - 3 {
        let (above, own, below) = (copy + byte - row, copy + byte, copy + byte + row)
        let sum = 4 * Int32(own[0]) &+ three(above) &+ three(own) &+ three(below)
        let smooth = UInt8(truncatingIfNeeded: (2 * sum + 13) / 26)
        base[byte] = RGBPixels.blend(smooth, own[0], factor)
      }
    }
  }
}

/// A colour as Pillow's mode HSV has it (Convert.c, rgb2hsv and hsv2rgb).
struct HSV {
  var hue, saturation, value: UInt8

  init(red: UInt8, green: UInt8, blue: UInt8) {
    let (most, least) = (max(red, green, blue), min(red, green, blue))
    value = most
    guard most > least else {
      (hue, saturation) = (0, 0)
      return
    }
    let range = Float(most - least)
    func distance(_ channel: UInt8) -> Float { Float(most - channel) / range }
    let (r, g, b) = (distance(red), distance(green), distance(blue))
    let sector: Float =
      if red == most { b - g } else if green == most { Float(2 + Double(r) - Double(b)) } else {
        Float(4 + Double(g) - Double(r))
      }
    let whole = Double(sector) / 6 + 1
    let turn = Float(whole - whole.rounded(.down))
    hue = UInt8(clamping: Int(Double(turn) * 255))
    saturation = UInt8(clamping: Int(Double(range / Float(most)) * 255))
  }

  /// Red, green and blue.
  var rgb: (UInt8, UInt8, UInt8) {
    guard saturation > 0 else { return (value, value, value) }
    let position = Double(hue) * 6 / 255
    let sector = Int(position)
    let rest = Float(position - Double(sector))
    let amount = Float(Double(saturation) / 255)
    func part(_ share: Double) -> UInt8 {
      UInt8(clamping: Int((Double(value) * (1 - share)).rounded(.toNearestOrAwayFromZero)))
    }
    let low = part(Double(amount))
    let falling = part(Double(amount * rest))
    let rising = part(Double(amount) * (1 - Double(rest)))
    return switch sector % 6 {
    case 0: (value, rising, low)
    case 1: (falling, value, low)
    case 2: (low, value, rising)
    case 3: (low, falling, value)
    case 4: (rising, low, value)
    default: (value, low, falling)
    }
  }
}
