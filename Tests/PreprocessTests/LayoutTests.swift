import Glibc
import Testing

@testable import Preprocess

@Suite("Pictures are read where they lie")
struct LayoutTests {
  @Test("RGB, BGR, RGBA, BGRA and padded rows of one picture give one crop", arguments: [0, 1, 2, 7, 64])
  func formats(padding: Int) throws {
    var noise = Noise(state: 1)
    let rgb = noise.bytes(57 * 41 * 3)
    let expected = try crop(rgb, width: 57, height: 41, size: 24)
    for format in PixelFormat.allCases where ![.gray, .gray16].contains(format) {
      let found = try crop(rgb, width: 57, height: 41, size: 24, format: format, padding: padding)
      #expect(found == expected, "\(format)")
    }
  }

  @Test("Gray is the picture whose three channels are equal", arguments: [0, 3])
  func gray(padding: Int) throws {
    var noise = Noise(state: 2)
    let rgb = noise.bytes(31 * 45).flatMap { [$0, $0, $0] }
    let expected = try crop(rgb, width: 31, height: 45, size: 24)
    #expect(try crop(rgb, width: 31, height: 45, size: 24, format: .gray, padding: padding) == expected)
  }

  @Test("No byte after the last pixel, or before the first, is read", arguments: PixelFormat.allCases)
  func guardPages(format: PixelFormat) throws {
    var noise = Noise(state: 3)
    for (width, height) in [(64, 48), (48, 64), (1, 1), (3, 200), (200, 3), (28, 28)] {
      let stride = width * format.bytesPerPixel + 5
      // The last row has no padding: the pages after it cannot be read.
      let bytes = noise.bytes(stride * (height - 1) + width * format.bytesPerPixel)
      for position in [CropPosition.start, .center, .end] {
        let options = PreprocessOptions(crop: position)
        func run(_ base: UnsafePointer<UInt8>) throws -> [UInt8] {
          var output = [UInt8](repeating: 0, count: 3 * 28 * 28)
          let image = try ImageView(
            base: base, width: width, height: height, rowStride: stride, format: format)
          try output.withUnsafeMutableBufferPointer {
            try Preprocessor(size: 28, options: options).crop(image, into: $0)
          }
          return output
        }
        let guarded = try withGuardPage(after: bytes, run)
        #expect(try guarded == bytes.withUnsafeBufferPointer { try run($0.baseAddress!) })
      }
    }
  }

  @Test("One preprocessor serves pictures of changing sizes as fresh ones do")
  func reuse() throws {
    var noise = Noise(state: 4)
    let shared = try Preprocessor(size: 20)
    for (width, height) in [(40, 30), (40, 30), (30, 40), (20, 22), (40, 30)] {
      let rgb = noise.bytes(width * height * 3)
      var output = [UInt8](repeating: 0, count: 1200)
      try rgb.withUnsafeBufferPointer { source in
        let image = try ImageView(base: source.baseAddress!, width: width, height: height, format: .rgb)
        try output.withUnsafeMutableBufferPointer { try shared.crop(image, into: $0) }
      }
      #expect(try output == crop(rgb, width: width, height: height, size: 20))
    }
  }

  @Test("Any size of picture and crop works, and an even picture stays even")
  func anySize() throws {
    var noise = Noise(state: 6)
    for _ in 0..<150 {
      let width = Int.random(in: 1...200, using: &noise)
      let height = Int.random(in: 1...200, using: &noise)
      let size = Int.random(in: 1...48, using: &noise)
      let options = PreprocessOptions(
        shortSide: Bool.random(using: &noise) ? Int.random(in: size...300, using: &noise) : nil,
        mode: Bool.random(using: &noise) ? .clip : .actionCLIP,
        crop: [.center, .start, .end].randomElement(using: &noise)!)
      let colour = noise.bytes(3)
      let even = (0..<width * height).flatMap { _ in colour }
      let found = try crop(even, width: width, height: height, size: size, options: options)
      #expect(found == (0..<size * size).flatMap { _ in colour }, "\(width)x\(height) to \(size)")
    }
  }

  @Test("The longest and thinnest pictures need little memory", arguments: [(65535, 1), (1, 65535)])
  func thin(width: Int, height: Int) throws {
    let rgb = [UInt8](repeating: 9, count: 65535 * 3)
    for position in [CropPosition.start, .center, .end] {
      let found = try crop(
        rgb, width: width, height: height, size: 224, options: PreprocessOptions(crop: position))
      #expect(found.allSatisfy { $0 == 9 })
    }
  }
}
