import Glibc

// Pillow's transformations of places, with the nearest pixel and black outside, to the last bit (Geometry.c).

extension RGBPixels {
  /// Takes for the pixel at (x, y) that at (a x + b y + c, d x + e y + f). `copy` has room for the picture.
  func transform(
    _ a: Double, _ b: Double, _ c: Double, _ d: Double, _ e: Double, _ f: Double,
    copy: UnsafeMutablePointer<UInt8>
  ) {
    copy.update(from: base, count: byteCount)
    // Numbers of 16 bits and a fraction of 16, from pixels' middles, as Pillow computes.
    func fixed(_ value: Double) -> Int { Int((value * 65536 + 0.5).rounded(.down)) }
    let (stepX, stepY) = (fixed(a), fixed(d))
    var (startX, startY) = (fixed(c + a * 0.5 + b * 0.5), fixed(f + d * 0.5 + e * 0.5))
    let (nextX, nextY) = (fixed(b), fixed(e))
    var target = base
    for _ in 0..<height {
      var (x, y) = (startX, startY)
      for _ in 0..<width {
        let (column, row) = (x >> 16, y >> 16)
        if column >= 0, column < width, row >= 0, row < height {
          let from = copy + 3 * (row * width + column)
          (target[0], target[1], target[2]) = (from[0], from[1], from[2])
        } else {
          (target[0], target[1], target[2]) = (0, 0, 0)
        }
        target += 3
        x += stepX
        y += stepY
      }
      startX += nextX
      startY += nextY
    }
  }

  /// Turns the picture about its middle, counterclockwise, by degrees.
  func rotate(_ degrees: Double, copy: UnsafeMutablePointer<UInt8>) {
    let angle = -degrees * Double.pi / 180
    let (c, s) = (cos(angle), sin(angle))
    let (x, y) = (Double(width) / 2, Double(height) / 2)
    transform(c, s, x - (c * x + s * y), -s, c, y - (-s * x + c * y), copy: copy)
  }

  /// Fills columns and rows, both ends included, with the colour that the reference covers parts of pictures with.
  func cover(columns: ClosedRange<Int>, rows: ClosedRange<Int>) {
    for row in rows.clamped(to: 0...height - 1) {
      for column in columns.clamped(to: 0...width - 1) {
        let place = base + 3 * (row * width + column)
        (place[0], place[1], place[2]) = (125, 123, 114)
      }
    }
  }

  /// Mirrors the picture, left to right.
  func mirror() {
    for row in 0..<height {
      var (left, right) = (base + 3 * row * width, base + 3 * ((row + 1) * width - 1))
      while left < right {
        for channel in 0..<3 { (left[channel], right[channel]) = (right[channel], left[channel]) }
        left += 3
        right -= 3
      }
    }
  }
}
