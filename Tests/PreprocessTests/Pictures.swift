import Glibc
import Preprocess

extension Fixture.Tensor {
  var height: Int { shape[0] }
  var width: Int { shape[1] }
}

/// A crop of [height, width, 3] RGB bytes laid out as `format` with `padding` bytes after each row.
func crop(
  _ rgb: [UInt8], width: Int, height: Int, size: Int, options: PreprocessOptions = PreprocessOptions(),
  format: PixelFormat = .rgb, padding: Int = 0
) throws -> [UInt8] {
  let bytes = laidOut(rgb, width: width, height: height, format: format, padding: padding)
  var output = [UInt8](repeating: 77, count: 3 * size * size)
  try bytes.withUnsafeBufferPointer { source in
    let image = try ImageView(
      base: source.baseAddress!, width: width, height: height,
      rowStride: width * format.bytesPerPixel + padding, format: format)
    try output.withUnsafeMutableBufferPointer {
      try Preprocessor(size: size, options: options).crop(image, into: $0)
    }
  }
  return output
}

/// A picture of [height, width, 3] RGB bytes laid out as `format`. Alpha and padding hold a value that would show.
func laidOut(
  _ rgb: [UInt8], width: Int, height: Int, format: PixelFormat, padding: Int
) -> [UInt8] {
  var bytes: [UInt8] = []
  for row in 0..<height {
    for column in 0..<width {
      let pixel = rgb[(row * width + column) * 3..<(row * width + column) * 3 + 3]
      let (r, g, b) = (pixel[pixel.startIndex], pixel[pixel.startIndex + 1], pixel[pixel.startIndex + 2])
      switch format {
      case .rgb: bytes += [r, g, b]
      case .bgr: bytes += [b, g, r]
      case .rgba: bytes += [r, g, b, 255]
      case .bgra: bytes += [b, g, r, 255]
      case .gray: bytes += [r]
      case .rgbx: bytes += [r, g, b, 77]
      case .bgrx: bytes += [b, g, r, 77]
      case .gray16: bytes += [77, r]
      }
    }
    bytes += [UInt8](repeating: 255, count: padding)
  }
  return bytes
}

/// Repeatable noise: the same bytes on every run.
struct Noise: RandomNumberGenerator {
  var state: UInt64
  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
  mutating func bytes(_ count: Int) -> [UInt8] {
    (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) }
  }
}

/// Calls `body` with a copy of `bytes` that ends exactly where an unreadable page begins.
func withGuardPage<R>(after bytes: [UInt8], _ body: (UnsafePointer<UInt8>) throws -> R) throws -> R {
  let page = Int(sysconf(Int32(_SC_PAGESIZE)))
  let room = (bytes.count + page - 1) / page * page
  let memory = mmap(nil, room + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
  precondition(memory != MAP_FAILED)
  defer { munmap(memory, room + 2 * page) }
  precondition(mprotect(memory + page, room, PROT_READ | PROT_WRITE) == 0)
  let start = (memory + page + room - bytes.count).assumingMemoryBound(to: UInt8.self)
  bytes.withUnsafeBufferPointer { start.update(from: $0.baseAddress!, count: bytes.count) }
  return try body(start)
}
