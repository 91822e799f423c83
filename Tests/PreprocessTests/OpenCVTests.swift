import Foundation
import Testing

@testable import Preprocess

@Suite("Crops of the mmaction2 way equal OpenCV's to the last bit")
struct OpenCVTests {
  @Test("Committed pictures: odd sizes, exactly half, upscales, extreme ratios, three crops")
  func committed() throws {
    let cases = try Fixture(Fixture.committed.appendingPathComponent("opencv.safetensors")).cases()
    #expect(cases.count == 39)
    for item in cases {
      let (width, height) = (item.image.width, item.image.height)
      var options = item.options
      options.mode = .mmaction2
      for format in [PixelFormat.rgb, .bgr, .rgba, .bgra] {
        let found = try crop(
          item.image.bytes, width: width, height: height, size: item.size, options: options,
          format: format, padding: 5)
        let differing = zip(found, item.expected.bytes).count { $0 != $1 }
        #expect(found.count == item.expected.bytes.count)
        #expect(differing == 0, "\(item.name) \(width)x\(height) \(format): \(differing) bytes differ")
      }
    }
  }

  @Test("The default short side is S*256/224, and an exact size is copied")
  func shortSides() throws {
    var noise = Noise(state: 2)
    let picture = noise.bytes(40 * 32 * 3)
    func make(_ options: PreprocessOptions) throws -> [UInt8] {
      try crop(picture, width: 40, height: 32, size: 28, options: options)
    }
    let found = try make(PreprocessOptions(mode: .mmaction2))
    #expect(try found == make(PreprocessOptions(shortSide: 32, mode: .mmaction2)))
    var piece: [UInt8] = []
    for row in 2..<30 { piece += picture[(row * 40 + 6) * 3..<(row * 40 + 34) * 3] }
    #expect(found == piece)
  }

  @Test("Sizes are mmcv's, rounded; offsets are cut down, and the end is twice the middle")
  func geometry() {
    func box(_ width: Int, _ height: Int, _ crop: CropPosition = .center) -> [Int] {
      let it = ResizeGeometry(
        width: width, height: height, size: 224, shortSide: 256, mode: .mmaction2, crop: crop)
      return [it.width, it.height, it.left, it.top]
    }
    #expect(box(320, 240) == [341, 256, 58, 16])  // 341.33; 58.5 -> 58
    #expect(box(240, 320) == [256, 341, 16, 58])
    #expect(box(1280, 720) == [455, 256, 115, 16])  // 115.5 -> 115, where torchvision has 116
    #expect(box(1280, 720, .end) == [455, 256, 230, 16])  // the last column is left out
    #expect(box(398, 224) == [455, 256, 115, 16])  // 454.86 is rounded up
    #expect(box(65535, 1) == [16_776_960, 256, 8_388_368, 16])
    #expect(box(1, 65535) == [256, 16_776_960, 16, 8_388_368])
  }

  @Test("Nothing behind the last pixel is read, whatever the layout and the crop")
  func guarded() throws {
    var noise = Noise(state: 3)
    for (width, height) in [(7, 5), (1, 1), (90, 2), (3, 70), (31, 33)] {
      for format in PixelFormat.allCases {
        let bytes = noise.bytes(width * height * format.bytesPerPixel)
        for position in [CropPosition.start, .center, .end] {
          try withGuardPage(after: bytes) { start in
            var output = [UInt8](repeating: 0, count: 3 * 14 * 14)
            try output.withUnsafeMutableBufferPointer {
              try Preprocessor(size: 14, options: PreprocessOptions(mode: .mmaction2, crop: position))
                .crop(ImageView(base: start, width: width, height: height, format: format), into: $0)
            }
            #expect(output.contains { $0 != 0 })
          }
        }
      }
    }
  }

  @Test("A preprocessor goes from one size to another and back")
  func reused() throws {
    var noise = Noise(state: 4)
    let (wide, tall) = (noise.bytes(30 * 20 * 3), noise.bytes(20 * 41 * 3))
    let options = PreprocessOptions(mode: .mmaction2)
    let one = try Preprocessor(size: 14, options: options)
    for (bytes, width, height) in [(wide, 30, 20), (tall, 20, 41), (wide, 30, 20), (wide, 20, 30)] {
      var output = [UInt8](repeating: 0, count: 3 * 14 * 14)
      try bytes.withUnsafeBufferPointer { source in
        let image = try ImageView(base: source.baseAddress!, width: width, height: height, format: .rgb)
        try output.withUnsafeMutableBufferPointer { try one.crop(image, into: $0) }
      }
      #expect(try output == crop(bytes, width: width, height: height, size: 14, options: options))
    }
  }
}
