import System
import Testing

@testable import Preprocess

@Suite("What cannot be done is refused with a reason")
struct RefusalTests {
  private func view(
    _ width: Int, _ height: Int, stride: Int = 0, format: PixelFormat = .rgb
  ) throws -> ImageView {
    var byte: UInt8 = 0
    // The view is never read: every case fails before that.
    return try withUnsafePointer(to: &byte) {
      try ImageView(base: $0, width: width, height: height, rowStride: stride, format: format)
    }
  }

  @Test(
    "Sides outside 1...65535",
    arguments: [(0, 1), (1, 0), (-1, 5), (65536, 1), (1, Int.max), (Int.min, 1)])
  func sides(width: Int, height: Int) throws {
    #expect(
      throws: Failure.argument(
        "image is \(width)x\(height) pixels; each side must be 1 to 65535")
    ) { try view(width, height) }
  }

  @Test("A row stride that is negative, shorter than a row, or overflows")
  func strides() throws {
    for stride in [-1, 1, 29, Int.min] {
      #expect(
        throws: Failure.argument(
          "image row_stride is \(stride) bytes; a row of 10 pixels needs at least 30")
      ) { try view(10, 2, stride: stride) }
    }
    #expect(throws: Failure.self) { try view(10, 2, stride: Int.max) }
    #expect(try view(10, 2, stride: 30).rowStride == 30)
    #expect(try view(10, 2, format: .bgra).rowStride == 40)
  }

  @Test("Crop sizes and short sides out of range")
  func sizes() {
    for size in [0, -1, 4097, Int.max, Int.min] {
      let error = #expect(throws: Failure.self) { try Preprocessor(size: size) }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains("\(size)") == true)
    }
    for short in [31, 65536, Int.max] {
      let error = #expect(throws: Failure.self) {
        try Preprocessor(size: 32, options: PreprocessOptions(shortSide: short))
      }
      #expect(error?.kind == .invalidArgument)
    }
  }

  @Test("A mean or std that is not a number, or a std of zero or below, names its channel")
  func normalization() {
    let bad: [PreprocessOptions] = [
      PreprocessOptions(std: (1, 0, 1)), PreprocessOptions(std: (1, -1, 1)),
      PreprocessOptions(std: (1, .nan, 1)), PreprocessOptions(std: (1, .infinity, 1)),
      PreprocessOptions(mean: (0, .nan, 0)), PreprocessOptions(mean: (0, .infinity, 0)),
      PreprocessOptions(std: (1, .leastNonzeroMagnitude, 1)),
    ]
    for options in bad {
      let error = #expect(throws: Failure.self) { try Preprocessor(size: 8, options: options) }
      #expect(error?.kind == .invalidArgument)
      #expect(error?.message.contains("channel G") == true)
    }
  }

  @Test("An output that is too small is left alone")
  func smallOutput() throws {
    var output = [UInt8](repeating: 7, count: 8 * 8 * 3 - 1)
    let picture = [UInt8](repeating: 1, count: 300)
    try picture.withUnsafeBufferPointer { source in
      let image = try ImageView(base: source.baseAddress!, width: 10, height: 10, format: .rgb)
      let error = #expect(throws: Failure.self) {
        try output.withUnsafeMutableBufferPointer { try Preprocessor(size: 8).crop(image, into: $0) }
      }
      #expect(error?.message == "output holds 191 elements; a 8x8 crop needs 192")
      #expect(throws: Failure.self) {
        try Preprocessor(size: 8).pixels(image, into: UnsafeMutableBufferPointer(start: nil, count: 0))
      }
    }
    #expect(output.allSatisfy { $0 == 7 })
  }
}
