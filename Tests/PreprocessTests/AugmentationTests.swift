import Foundation
import System
import Testing

@testable import Preprocess

@Suite("Augmentations change pictures as Pillow does, and draw as the reference does")
struct AugmentationTests {
  @Test("Every operation gives Pillow's bytes")
  func operations() throws {
    let fixture = try Fixture(Fixture.committed.appendingPathComponent("augmentations.safetensors"))
    var seen: Set<String> = []
    for (name, expected) in fixture.tensors.sorted(by: { $0.key < $1.key }) {
      let parts = name.split(separator: ".", maxSplits: 2)
      guard parts.count == 3 else { continue }
      let picture = try #require(fixture.tensors[String(parts[0])])
      let (operation, value) = (String(parts[1]), String(parts[2]))
      let found = try changed(picture, operation, value)
      let differing = zip(found, expected.bytes).count { $0 != $1 }
      #expect(found.count == expected.bytes.count && differing == 0, "\(name): \(differing) bytes differ")
      seen.insert(operation)
    }
    #expect(seen.count == 20)
  }

  /// A picture after an operation with the value that its name in the fixture has.
  private func changed(_ picture: Fixture.Tensor, _ operation: String, _ text: String) throws -> [UInt8] {
    if operation == "crop" { return try cropped(picture, text.split(separator: "_").compactMap { Int($0) }) }
    let value = try #require(Double(text))
    return changed(picture) { pixels, copy in
      switch operation {
      case "brightness": pixels.changeBrightness(value)
      case "contrast": pixels.changeContrast(value)
      case "saturation": pixels.changeSaturation(value)
      case "sharpness": pixels.changeSharpness(value, copy: copy)
      case "hue": pixels.turnHue(value)
      case "grey": pixels.makeGrey()
      case "autocontrast": pixels.stretchLevels()
      case "equalize": pixels.equalize()
      case "invert": pixels.invert()
      case "posterize": pixels.posterize(bits: Int(value))
      case "solarize": pixels.solarize(value)
      case "solarizeadd": pixels.solarize(adding: Int(value))
      case "rotate": pixels.rotate(value, copy: copy)
      case "shearx": pixels.transform(1, value, 0, 0, 1, 0, copy: copy)
      case "sheary": pixels.transform(1, 0, 0, value, 1, 0, copy: copy)
      case "translatex": pixels.transform(1, 0, value, 0, 1, 0, copy: copy)
      case "translatey": pixels.transform(1, 0, 0, 0, 1, value, copy: copy)
      case "mirror": pixels.mirror()
      case "cutout":
        let (x, y) = (pixels.width - 6, 4)
        pixels.cover(
          columns: x...min(pixels.width, x + Int(value)), rows: y...min(pixels.height, y + Int(value)))
      default: Issue.record("\(operation) is no operation")
      }
    }
  }

  private func changed(
    _ picture: Fixture.Tensor, _ change: (RGBPixels, UnsafeMutablePointer<UInt8>) -> Void
  ) -> [UInt8] {
    var bytes = picture.bytes
    var copy = bytes
    bytes.withUnsafeMutableBufferPointer { bytes in
      copy.withUnsafeMutableBufferPointer {
        change(
          RGBPixels(base: bytes.baseAddress!, width: picture.width, height: picture.height),
          $0.baseAddress!)
      }
    }
    return bytes
  }

  private func cropped(_ picture: Fixture.Tensor, _ numbers: [Int]) throws -> [UInt8] {
    let (x, y, width, height, size) = (numbers[0], numbers[1], numbers[2], numbers[3], numbers[4])
    let resampler = try Resampler(
      width: width, height: height, geometry: ResizeGeometry(width: size, height: size), columns: size,
      rows: size, filter: .bilinear)
    var output: [UInt8] = []
    try picture.bytes.withUnsafeBufferPointer {
      var part = try ImageView(
        base: $0.baseAddress! + 3 * (y * picture.width + x), width: width, height: height,
        rowStride: 3 * picture.width, format: .rgb)
      resampler.forEachRow(of: &part) { _, pixels in
        output += UnsafeBufferPointer(start: pixels, count: 3 * size)
      }
    }
    return output
  }

  @Test("A training's frames are one of each part, or all and some again")
  func frames() {
    var random = SplitMix64(seed: 3, stream: 0)
    for (count, segments) in [(1, 8), (7, 8), (8, 8), (9, 8), (100, 8), (1 << 53, 7), (3, 1)] {
      var met: Set<Int> = []
      for _ in 0..<200 {
        let drawn = drawnFrames(of: count, segments: segments, &random)
        #expect(drawn.count == segments && drawn == drawn.sorted())
        if count <= segments {
          #expect(Set(drawn) == Set(0..<count))
        } else {
          for (i, frame) in drawn.enumerated() {
            let (low, high) = (Int128(i) * Int128(count), Int128(i + 1) * Int128(count))
            #expect(frame >= low / Int128(segments) && frame < high / Int128(segments))
          }
        }
        met.formUnion(drawn)
      }
      #expect(met.count == count || count > 100)
    }
  }

  @Test("Crops are drawn from ten sizes and 13 places, inside the picture")
  func crops() {
    var random = SplitMix64(seed: 5, stream: 1)
    var counts: [[Int]: Int] = [:]
    let draws = 26_000
    for _ in 0..<draws {
      let part = CropDraw(&random).part(of: 340, 256, size: 224)
      #expect(part.x >= 0 && part.y >= 0 && part.x + part.width <= 340 && part.y + part.height <= 256)
      counts[[part.x, part.y, part.width, part.height], default: 0] += 1
    }
    #expect(
      Set(counts.keys.map { [$0[2], $0[3]] })
        == Set([
          [256, 256], [224, 256], [256, 224], [224, 224], [192, 224], [224, 192], [192, 192], [168, 192],
          [192, 168], [168, 168],
        ]))
    #expect(Set(counts.keys.filter { $0[2] == 168 && $0[3] == 168 }).count == 13)
    // Each of the crops of one size is as likely.
    for (part, count) in counts where part[2] == 168 && part[3] == 192 {
      #expect(abs(count - draws / 130) < 6 * Int(Double(draws / 130).squareRoot()), "\(part): \(count)")
    }
    for (width, height) in [(1, 1), (2, 900), (222, 222), (65535, 3)] {
      let part = CropDraw(&random).part(of: width, height, size: 224)
      #expect(part.width >= 1 && part.x >= 0 && part.x + part.width <= width)
      #expect(part.height >= 1 && part.y >= 0 && part.y + part.height <= height)
    }
  }

  /// Pictures of noise, of two sizes.
  private func pictures(_ sides: [(Int, Int)], size: Int) throws -> ClipPictures {
    let pictures = try ClipPictures(size: size, expected: sides.count)
    var noise = Noise(state: 9)
    for (width, height) in sides {
      let bytes = noise.bytes(3 * width * height)
      try bytes.withUnsafeBufferPointer {
        try pictures.append(
          FrameView(ImageView(base: $0.baseAddress!, width: width, height: height, format: .rgb)))
      }
    }
    return pictures
  }

  @Test("Pictures are kept as they are, or shrunk to what crops need")
  func keeping() throws {
    let pictures = try pictures([(40, 30), (90, 60), (20, 100), (60, 300)], size: 28)
    let sides = (0..<4).map { [pictures[$0].width, pictures[$0].height] }
    #expect(sides == [[40, 30], [48, 32], [20, 100], [32, 160]])
    #expect(pictures.byteCount == 3 * (40 * 30 + 48 * 32 + 20 * 100 + 32 * 160))
    var noise = Noise(state: 9)
    let first = noise.bytes(3 * 40 * 30)
    #expect(Array(UnsafeBufferPointer(start: pictures[0].base, count: first.count)) == first)
  }

  @Test("A clip's crops follow from the generator alone; crop and mirror are one for all frames")
  func clips() throws {
    let size = 28
    let same = try pictures([(40, 32)], size: size)
    func draw(_ kind: Augmentation, _ stream: UInt64, mirrors: Bool = true) throws -> [[UInt8]] {
      var crops = [UInt8](repeating: 0, count: 3 * 3 * size * size)
      try crops.withUnsafeMutableBufferPointer {
        try ClipAugmentation(kind, size: size).draw(
          same, frames: [0, 0, 0], mirrors: mirrors, SplitMix64(seed: 1, stream: stream),
          to: $0.baseAddress!)
      }
      return (0..<3).map { Array(crops[$0 * 3 * size * size..<($0 + 1) * 3 * size * size]) }
    }
    var (mirrored, jittered, grey, distinct) = (0, 0, 0, Set<[UInt8]>())
    let draws: UInt64 = 300
    for stream in 0..<draws {
      if stream < 20 { #expect(try draw(.referenceK400, stream) == draw(.referenceK400, stream)) }
      let flipped = try draw(.flip, stream)
      #expect(flipped[0] == flipped[1] && flipped[1] == flipped[2])
      distinct.insert(flipped[0])
      if try flipped != draw(.flip, stream, mirrors: false) { mirrored += 1 }
      let coloured = try draw(.reference, stream)
      if coloured[0] != coloured[1] { jittered += 1 }
      let last = coloured[2]
      let isGrey = (0..<size * size).allSatisfy { pixel in
        let red = last[3 * pixel]
        return red == last[3 * pixel + 1] && red == last[3 * pixel + 2]
      }
      if isGrey { grey += 1 }
    }
    #expect(distinct.count > 120)
    #expect(abs(mirrored - 150) < 45 && abs(jittered - 240) < 36 && abs(grey - 60) < 36)
  }
}
