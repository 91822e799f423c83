import Foundation
import Testing

@testable import Preprocess

@Suite("Crops equal Pillow's to the last bit")
struct PillowTests {
  @Test("Committed pictures: odd sizes, upscales, extreme ratios, three crops")
  func committed() throws {
    try check(Fixture(Fixture.committed.appendingPathComponent("crops.safetensors")), atLeast: 43)
  }

  @Test("The reference's pictures", .enabled(if: Fixture.shared != nil, "needs ../shared/preprocess"))
  func shared() throws {
    let folder = try #require(Fixture.shared)
    try check(Fixture(folder.appendingPathComponent("images.safetensors")), atLeast: 9)
  }

  private func check(_ fixture: Fixture, atLeast count: Int) throws {
    let cases = fixture.cases()
    #expect(cases.count >= count)
    #expect(cases.contains { $0.isNormalized })
    for item in cases {
      let (width, height) = (item.image.width, item.image.height)
      if item.isNormalized {
        var planes = [Float](repeating: .nan, count: 3 * item.size * item.size)
        try item.image.bytes.withUnsafeBufferPointer { source in
          let image = try ImageView(
            base: source.baseAddress!, width: width, height: height, format: .rgb)
          try planes.withUnsafeMutableBufferPointer {
            try Preprocessor(size: item.size, options: item.options).pixels(image, into: $0)
          }
        }
        let bits = planes.map(\.bitPattern)
        #expect(bits == item.expected.floats.map(\.bitPattern), "\(item.name) \(width)x\(height)")
      } else {
        let found = try crop(
          item.image.bytes, width: width, height: height, size: item.size, options: item.options)
        let differing = zip(found, item.expected.bytes).count { $0 != $1 }
        #expect(found.count == item.expected.bytes.count)
        #expect(differing == 0, "\(item.name) \(width)x\(height): \(differing) bytes differ")
      }
    }
  }

  @Test("The default short side is S*256/224, CLIP's is S, and a number of one's own wins")
  func shortSides() throws {
    let noise = Array(repeating: [UInt8](0..<240), count: 50).flatMap { $0 }
    func make(_ options: PreprocessOptions) throws -> [UInt8] {
      try crop(noise, width: 80, height: 50, size: 28, options: options)
    }
    let byDefault = try make(PreprocessOptions())
    #expect(try byDefault == make(PreprocessOptions(shortSide: 32)))
    #expect(try make(PreprocessOptions(mode: .clip)) == make(PreprocessOptions(shortSide: 28)))
    #expect(try byDefault != make(PreprocessOptions(mode: .clip)))
    #expect(try make(PreprocessOptions(shortSide: 40, mode: .clip)) == make(PreprocessOptions(shortSide: 40)))
    for (size, short) in [(224, 256), (336, 384), (32, 36), (33, 37), (1, 1)] {
      #expect(try ResizeGeometry.shortSide(size: size, options: PreprocessOptions()) == short)
    }
  }

  @Test("Sizes and offsets are torchvision's: long side truncated, halves rounded to even")
  func geometry() {
    func box(_ width: Int, _ height: Int, _ size: Int, _ short: Int) -> [Int] {
      let it = ResizeGeometry(width: width, height: height, size: size, shortSide: short, crop: .center)
      return [it.width, it.height, it.left, it.top]
    }
    #expect(box(320, 240, 224, 256) == [341, 256, 58, 16])  // 58.5 -> 58
    #expect(box(240, 320, 224, 256) == [256, 341, 16, 58])
    #expect(box(1280, 720, 224, 256) == [455, 256, 116, 16])  // 115.5 -> 116
    #expect(box(65535, 1, 224, 256) == [16_776_960, 256, 8_388_368, 16])
    #expect(box(256, 256, 224, 256) == [256, 256, 16, 16])
  }

  @Test("A square picture has its three crops side by side")
  func squareCrops() throws {
    var noise = Noise(state: 5)
    let picture = noise.bytes(32 * 32 * 3)
    func cropped(_ position: CropPosition) throws -> [UInt8] {
      try crop(
        picture, width: 32, height: 32, size: 28, options: PreprocessOptions(shortSide: 32, crop: position))
    }
    let rows = 2..<30  // an exact size is copied: the crop is a piece of the picture
    for (position, left) in [(CropPosition.start, 0), (.center, 2), (.end, 4)] {
      let piece = rows.flatMap { picture[($0 * 32 + left) * 3..<($0 * 32 + left + 28) * 3] }
      #expect(try cropped(position) == piece)
    }
  }
}
