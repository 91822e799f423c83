import Testing

@testable import Preprocess

/// Crops of 4 x 4 from a picture with alpha of 9 x 6 pixels, against Pillow 13.
@Suite struct AlphaTests {
  private static let picture: [UInt8] = [
    78, 39, 248, 255, 251, 31, 108, 0, 181, 41, 163, 0, 204, 92, 230, 0, 195, 142, 192, 0, 132, 27,
    235, 0, 54, 172, 100, 0, 110, 171, 177, 0, 179, 19, 26, 0, 251, 171, 123, 255, 6, 61, 123, 72, 191,
    108, 97, 96, 123, 9, 129, 160, 194, 101, 73, 205, 4, 16, 182, 148, 222, 218, 173, 44, 145, 217, 12,
    173, 68, 125, 35, 223, 20, 70, 59, 255, 95, 190, 63, 139, 62, 122, 148, 86, 69, 145, 247, 230, 181,
    12, 128, 15, 188, 187, 38, 122, 22, 168, 198, 229, 9, 1, 53, 110, 143, 164, 178, 35, 126, 105, 248,
    255, 153, 167, 230, 246, 116, 115, 241, 251, 221, 62, 11, 238, 123, 89, 166, 94, 233, 81, 144, 187,
    9, 252, 11, 248, 233, 82, 208, 146, 96, 172, 212, 237, 28, 227, 225, 255, 228, 66, 125, 45, 53, 73,
    204, 118, 22, 179, 221, 155, 55, 103, 206, 77, 22, 4, 114, 180, 84, 39, 131, 104, 248, 148, 91,
    241, 74, 226, 46, 53, 68, 134, 104, 255, 143, 177, 25, 23, 103, 57, 38, 34, 124, 134, 111, 133, 62,
    64, 116, 127, 181, 87, 155, 127, 147, 222, 93, 126, 152, 113, 6, 219, 211, 210, 14, 128,
  ]

  private func crop(_ mode: ResizeMode, _ format: PixelFormat = .rgba) throws -> [UInt8] {
    var pixels = AlphaTests.picture
    if format == .bgra {
      for place in stride(from: 0, to: pixels.count, by: 4) { pixels.swapAt(place, place + 2) }
    }
    var found = [UInt8](repeating: 0, count: 48)
    try pixels.withUnsafeBufferPointer { source in
      let image = try ImageView(base: #require(source.baseAddress), width: 9, height: 6, format: format)
      try found.withUnsafeMutableBufferPointer {
        try Preprocessor(size: 4, options: PreprocessOptions(mode: mode)).crop(image, into: $0)
      }
    }
    return found
  }

  @Test(arguments: [PixelFormat.rgba, .bgra])
  func coloursAreResizedWithTheirAlpha(_ format: PixelFormat) throws {
    #expect(
      try crop(.clip, format) == [
        117, 49, 98, 172, 45, 86, 79, 43, 145, 193, 234, 51, 99, 136, 142, 119, 95, 173, 137, 121, 102,
        52, 157, 132, 125, 122, 212, 141, 97, 111, 127, 79, 127, 96, 161, 82, 97, 66, 115, 65, 131,
        158, 84, 52, 140, 164, 132, 73,
      ])
  }

  @Test(arguments: [PixelFormat.rgba, .bgra])
  func coloursAreResizedWithTheirAlphaByTheOtherFilterToo(_ format: PixelFormat) throws {
    #expect(
      try crop(.clipBilinear, format) == [
        127, 77, 106, 157, 52, 105, 92, 61, 136, 137, 186, 82, 103, 127, 145, 117, 99, 166, 127, 117, 111,
        62, 153, 127, 123, 121, 203, 138, 101, 122, 128, 90, 124, 99, 159, 91, 94, 98, 139, 75, 123, 150,
        95, 68, 134, 155, 133, 77,
      ])
  }

  @Test func coloursAloneAreResizedByTheOtherFilter() throws {
    #expect(
      try crop(.clipBilinear, .rgbx) == [
        175, 57, 136, 182, 84, 171, 125, 76, 183, 115, 171, 133, 97, 123, 133, 130, 80, 154, 142, 104, 111,
        89, 148, 123, 122, 114, 192, 122, 101, 142, 127, 85, 135, 109, 134, 104, 115, 97, 94, 77, 117, 146,
        101, 74, 140, 145, 134, 88,
      ])
  }

  @Test(arguments: [PixelFormat.rgba, .bgra])
  func aPictureIsLaidOnWhite(_ format: PixelFormat) throws {
    #expect(
      try crop(.huggingFace, format) == [
        241, 234, 239, 234, 204, 215, 216, 207, 230, 249, 253, 236, 182, 198, 202, 166, 150, 203, 200,
        191, 182, 125, 193, 178, 155, 153, 222, 182, 155, 163, 183, 157, 184, 132, 184, 120, 229, 224,
        232, 162, 195, 208, 171, 154, 199, 198, 178, 142,
      ])
  }

  @Test func marginsAreCutAsThePeersCutThem() {
    for (long, before, beforeOfTransformers) in [
      (5, 0, 0), (6, 1, 1), (7, 2, 1), (8, 2, 2), (9, 2, 2), (11, 4, 3),
    ] {
      func left(_ mode: ResizeMode) -> Int {
        ResizeGeometry(width: long, height: 4, size: 4, shortSide: 4, mode: mode, crop: .center).left
      }
      #expect(left(.clip) == before && left(.clipBilinear) == before)
      #expect(left(.huggingFace) == beforeOfTransformers)
    }
  }
}
