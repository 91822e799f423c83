import System

/// Resizes pictures with alpha as Pillow does: colours are multiplied by alpha, both are resized, and colours are
/// divided by the resized alpha, which is then dropped. Opaque pictures give the resize of the colours alone.
struct AlphaResampler: ~Copyable {
  private let size: Int
  private let colours: Resampler
  private let alphas: Resampler
  private let alpha: GrowingArray<UInt8>  // [size, size]
  private let output: GrowingArray<UInt8>  // [size, 3]

  init(
    width: Int, height: Int, geometry: ResizeGeometry, size: Int, filter: PillowFilter
  ) throws(Failure) {
    // Locals first: a noncopyable value that throws half-built is not supported by the compiler.
    let colours = try Resampler(width: width, height: height, geometry: geometry, size: size, filter: filter)
    let alphas = try Resampler(width: width, height: height, geometry: geometry, size: size, filter: filter)
    let alpha = try GrowingArray<UInt8>(uninitialized: size * size)
    let output = try GrowingArray<UInt8>(uninitialized: size * 3)
    self.size = size
    self.colours = colours
    self.alphas = alphas
    self.alpha = alpha
    self.output = output
  }

  /// Calls `emit` for each row of the crop, top to bottom, with [size, 3] RGB bytes.
  func forEachRow(of picture: inout some PixelRows, emit: (Int, UnsafePointer<UInt8>) -> Void) {
    alphas.forEachRow(of: &picture, .alpha) { row, pixels in
      for x in 0..<size { alpha.base[row * size + x] = pixels[3 * x] }
    }
    colours.forEachRow(of: &picture, .premultiplied) { row, pixels in
      Alpha.divide(pixels, by: alpha.base + row * size, count: size, into: output.base)
      emit(row, output.base)
    }
  }
}

/// Pillow's arithmetic for alpha (Convert.c, rgba2rgbA and rgbA2rgba; AlphaComposite.c).
enum Alpha {
  /// Composites pixels of four bytes on white by their fourth byte, to pixels of three.
  static func layOnWhite(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for pixel in 0..<count {
      let place = pixels + 4 * pixel
      let alpha = UInt32(place[3])
      for channel in 0..<3 {
        let mixed = (UInt32(place[channel]) * alpha + 255 * (255 - alpha)) << 7 + 0x80 << 7
        place[channel] = UInt8(truncatingIfNeeded: (mixed >> 8 + mixed) >> 15)
      }
    }
  }

  /// Multiplies the first three bytes of each pixel of four by the fourth over 255, rounded.
  static func multiply(_ pixels: UnsafeMutablePointer<UInt8>, count: Int) {
    for pixel in 0..<count {
      let place = pixels + 4 * pixel
      let alpha = UInt32(place[3])
      for channel in 0..<3 {
        let product = UInt32(place[channel]) * alpha + 128
        place[channel] = UInt8(truncatingIfNeeded: (product >> 8 + product) >> 8)
      }
    }
  }

  /// Divides pixels of three bytes by their alphas, clipped at 255; where alpha is 0 or 255 they stay unchanged.
  static func divide(
    _ pixels: UnsafePointer<UInt8>, by alpha: UnsafePointer<UInt8>, count: Int,
    into target: UnsafeMutablePointer<UInt8>
  ) {
    for pixel in 0..<count {
      let divisor = UInt32(alpha[pixel])
      for byte in 3 * pixel..<3 * pixel + 3 {
        let value = pixels[byte]
        target[byte] =
          divisor == 0 || divisor == 255 ? value : UInt8(clamping: 255 * UInt32(value) / divisor)
      }
    }
  }
}
