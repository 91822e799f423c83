import FoundationEssentials

/// Square pictures side by side, or a whole frame, made small, in one file that a page can hold.
struct Bitmap {
  private var width: Int
  private var height: Int
  /// Pixels of all pictures, RGB [height, width, 3].
  private var rgb: [UInt8]

  /// The largest height of a picture, in pixels.
  static let largestHeight = 96

  /// - Parameters:
  ///   - squares: pixels of the pictures, RGB [count, side, side, 3].
  ///   - side: the side of a picture, in pixels.
  init(squares: ArraySlice<UInt8>, side: Int) {
    let count = squares.count / (side * side * 3)
    let step = (side + Bitmap.largestHeight - 1) / Bitmap.largestHeight
    height = side / step
    width = height * count
    rgb = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      for x in 0..<width {
        let (picture, column) = (x / height, x % height)
        for channel in 0..<3 {
          // The mean over a block of step * step pixels.
          var sum = 0
          for block in 0..<step * step {
            let (row, pixel) = (y * step + block / step, column * step + block % step)
            let at = ((picture * side + row) * side + pixel) * 3 + channel
            sum += Int(squares[squares.startIndex + at])
          }
          rgb[(y * width + x) * 3 + channel] = UInt8(sum / (step * step))
        }
      }
    }
  }

  /// The most pixels of a whole frame's picture, so that its address has at most 30 kB.
  private static let framePixels = 7200

  /// A whole frame, RGB [height, width, 3], made as small as `framePixels` asks, in its own proportions.
  init(frame: [UInt8], width fullWidth: Int, height fullHeight: Int) {
    let ratio = (Double(Bitmap.framePixels) / Double(fullWidth * fullHeight)).squareRoot()
    let scale = min(1, ratio)
    (width, height) = (max(1, Int(Double(fullWidth) * scale)), max(1, Int(Double(fullHeight) * scale)))
    width = min(width, Bitmap.framePixels)
    height = min(height, Bitmap.framePixels / width)
    rgb = [UInt8](repeating: 0, count: width * height * 3)
    for y in 0..<height {
      let rows = y * fullHeight / height..<max(y * fullHeight / height + 1, (y + 1) * fullHeight / height)
      for x in 0..<width {
        let columns = x * fullWidth / width..<max(x * fullWidth / width + 1, (x + 1) * fullWidth / width)
        // The mean over the pixels that fall into this one.
        for channel in 0..<3 {
          var sum = 0
          for row in rows {
            for column in columns { sum += Int(frame[(row * fullWidth + column) * 3 + channel]) }
          }
          rgb[(y * width + x) * 3 + channel] = UInt8(sum / (rows.count * columns.count))
        }
      }
    }
  }

  /// The pictures as an address that holds the file itself: a BMP, which needs no compression.
  var address: String {
    let padding = (4 - width * 3 % 4) % 4
    let size = (width * 3 + padding) * height
    func bytes(_ value: Int, _ count: Int) -> [UInt8] { (0..<count).map { UInt8(value >> (8 * $0) & 255) } }
    // The file's header, and that of the picture: 24 bits a pixel, 2835 pixels a metre, rows from the lowest up.
    var file = Array("BM".utf8) + bytes(54 + size, 4) + bytes(0, 4) + bytes(54, 4)
    file += bytes(40, 4) + bytes(width, 4) + bytes(height, 4) + bytes(1, 2) + bytes(24, 2)
    file += bytes(0, 4) + bytes(size, 4) + bytes(2835, 4) + bytes(2835, 4) + bytes(0, 8)
    for y in (0..<height).reversed() {
      for x in 0..<width {
        let at = (y * width + x) * 3
        file += [rgb[at + 2], rgb[at + 1], rgb[at]]
      }
      file += [UInt8](repeating: 0, count: padding)
    }
    return "data:image/bmp;base64," + Data(file).base64EncodedString()
  }
}
