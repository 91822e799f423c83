internal import CResample
import Testing

@testable import Preprocess

@Suite("Every instruction set of the resize gives the bytes of plain C")
struct ResampleISATests {
  static let isas = Array(0..<8).filter { cresample_isa_at($0) != nil }

  func crop(
    _ bytes: [UInt8], _ width: Int, _ height: Int, _ size: Int, _ options: PreprocessOptions,
    _ pixelFormat: PixelFormat, isa: Int
  ) throws -> [UInt8] {
    let geometry = ResizeGeometry(
      width: width, height: height, size: size,
      shortSide: try ResizeGeometry.shortSide(size: size, options: options), crop: options.crop)
    let resampler = try Resampler(
      width: width, height: height, geometry: geometry, size: size, isa: isa)
    var output: [UInt8] = []
    try bytes.withUnsafeBufferPointer { source in
      var image = try ImageView(
        base: source.baseAddress!, width: width, height: height, format: pixelFormat)
      resampler.forEachRow(of: &image) { output += UnsafeBufferPointer(start: $1, count: 3 * size) }
    }
    return output
  }

  @Test("Over odd sizes, enlarged and reduced") func equal() throws {
    #expect(Self.isas.count >= 1)
    var noise = Noise(state: 8)
    for round in 0..<120 {
      let side = { (noise: inout Noise) in Int.random(in: 1...(round % 10 == 0 ? 700 : 90), using: &noise) }
      let (width, height) = (side(&noise), side(&noise))
      let size = Int.random(in: 1...70, using: &noise)
      var options = PreprocessOptions(crop: [.start, .center, .end][round % 3])
      if round % 2 == 0 { options.shortSide = size + Int.random(in: 0...40, using: &noise) }
      let format = PixelFormat.allCases[round % PixelFormat.allCases.count]
      // Black and white alone overshoot the most.
      let bytes = noise.bytes(width * height * format.bytesPerPixel).map {
        round % 4 == 0 ? ($0 & 1) * 255 : $0
      }
      let plain = try crop(bytes, width, height, size, options, format, isa: Self.isas.count - 1)
      for isa in Self.isas.dropLast() {
        let found = try crop(bytes, width, height, size, options, format, isa: isa)
        #expect(found == plain, "isa \(isa), \(width)x\(height) \(format) to \(size)")
      }
    }
  }
}
