internal import CResample
import Testing

@testable import Preprocess

@Suite("A camera's frame is the RGB picture that it stands for")
struct FrameTests {
  /// The exact factors of a matrix, from the standard's share of red and blue in brightness.
  static func exact(_ matrix: ColourMatrix, _ range: ColourRange) -> (
    y: Double, rv: Double, gu: Double, gv: Double, bu: Double
  ) {
    let (kr, kb) =
      switch matrix {
      case .bt601: (0.299, 0.114)
      case .bt709: (0.2126, 0.0722)
      case .bt2020: (0.2627, 0.0593)
      }
    let kg = 1 - kr - kb
    let (y, c) = range == .limited ? (255.0 / 219, 255.0 / 112) : (1, 255.0 / 127.5)
    return (y, c * (1 - kr), -c * (1 - kb) * kb / kg, -c * (1 - kr) * kr / kg, c * (1 - kb))
  }

  /// The largest distance from exact arithmetic, of the values y, u, v that `step` reaches.
  static func largestError(_ matrix: ColourMatrix, _ range: ColourRange, step: Int) -> Double {
    let real = exact(matrix, range)
    let black = range == .limited ? 16.0 : 0
    var fixed = cresample_matrix(matrix, range)
    var largest = 0.0
    let ys = (0...255).map(UInt8.init)
    var row = [UInt8](repeating: 0, count: 4 * 256)
    for u in stride(from: 0, through: 255, by: step) {
      for v in stride(from: (u / step) % step, through: 255, by: step) {
        let chroma = [UInt8](repeating: 0, count: 512).enumerated().map { UInt8($0.offset % 2 == 0 ? u : v) }
        ys.withUnsafeBufferPointer { y in
          chroma.withUnsafeBufferPointer { c in
            var source = cresample_yuv(
              y: y.baseAddress, u: c.baseAddress, v: c.baseAddress! + 1, y_step: 1, chroma_step: 2,
              chroma_shift: 0)
            cresample_isa_at(0)!.pointee.rgbx(&source, &fixed, 0, 256, &row)
          }
        }
        let (cu, cv) = (Double(u) - 128, Double(v) - 128)
        let (red, green, blue) = (real.rv * cv, real.gu * cu + real.gv * cv, real.bu * cu)
        row.withUnsafeBufferPointer { row in
          for y in 0..<256 {
            let level = max(Double(y) - black, 0) * real.y
            func error(_ colour: Double, _ found: UInt8) -> Double {
              abs(min(max(level + colour, 0), 255) - Double(found))
            }
            largest = max(
              largest, error(red, row[4 * y]), error(green, row[4 * y + 1]), error(blue, row[4 * y + 2]))
          }
        }
      }
    }
    return largest
  }

  @Test("Every matrix is within a level of exact arithmetic, most within rounding")
  func matrices() {
    for matrix in ColourMatrix.allCases {
      for range in ColourRange.allCases {
        let error = Self.largestError(matrix, range, step: 15)
        #expect(error < (matrix == .bt601 && range == .limited ? 0.7 : 0.501), "\(matrix) \(range)")
        #expect(error > 0.4, "\(matrix) \(range)")
      }
    }
  }

  @Test("Every instruction set gives the bytes of plain C, and writes and reads nothing else")
  func isas() throws {
    var noise = Noise(state: 4)
    let layouts: [(y: Int, chroma: Int, shift: Int)] = [(1, 2, 1), (1, 2, 0), (1, 1, 1), (2, 4, 1)]
    let isas = ResampleISATests.isas
    for round in 0..<400 {
      let layout = layouts[round % 4]
      let first = Int.random(in: 0...9, using: &noise)
      let count = Int.random(in: 1...70, using: &noise)
      let end = first + count
      let isSwapped = round % 8 >= 4
      let pairs = layout.shift == 1 ? (end + 1) / 2 : end
      let (ys, us, vs) = (noise.bytes(end), noise.bytes(pairs), noise.bytes(pairs))
      var fixed = cresample_matrix(ColourMatrix.allCases[round % 3], ColourRange.allCases[round % 2])
      func convert(
        _ isa: Int, _ y: UnsafePointer<UInt8>, _ u: UnsafePointer<UInt8>, _ v: UnsafePointer<UInt8>
      ) -> [UInt8] {
        var target = [UInt8](repeating: 9, count: 4 * count + 8)
        var source = cresample_yuv(
          y: y, u: u, v: v, y_step: layout.y, chroma_step: layout.chroma, chroma_shift: layout.shift)
        cresample_isa_at(isa)!.pointee.rgbx(&source, &fixed, first, count, &target)
        return target
      }
      for isa in isas {
        var found: [UInt8] = []
        var plain: [UInt8] = []
        if layout.y == 2 {
          // YUYV, or UYVY where swapped; the row ends with the last byte of a pair.
          var bytes: [UInt8] = []
          for pair in 0..<pairs {
            let last = 2 * pair + 1 < end ? ys[2 * pair + 1] : 0
            bytes +=
              isSwapped
              ? [us[pair], ys[2 * pair], vs[pair], last] : [ys[2 * pair], us[pair], last, vs[pair]]
          }
          try withGuardPage(after: bytes) { base in
            let at = isSwapped ? (1, 0, 2) : (0, 1, 3)
            found = convert(isa, base + at.0, base + at.1, base + at.2)
            plain = convert(isas.count - 1, base + at.0, base + at.1, base + at.2)
          }
        } else if layout.chroma == 2 {
          let both = (0..<pairs).flatMap { isSwapped ? [vs[$0], us[$0]] : [us[$0], vs[$0]] }
          try withGuardPage(after: ys) { y in
            try withGuardPage(after: both) { base in
              let (u, v) = isSwapped ? (base + 1, base) : (base, base + 1)
              found = convert(isa, y, u, v)
              plain = convert(isas.count - 1, y, u, v)
            }
          }
        } else {
          try withGuardPage(after: ys) { y in
            try withGuardPage(after: us) { u in
              try withGuardPage(after: vs) { v in
                found = convert(isa, y, u, v)
                plain = convert(isas.count - 1, y, u, v)
              }
            }
          }
        }
        #expect(found == plain, "isa \(isa), layout \(layout), \(count) from \(first)")
        #expect(plain.suffix(8).allSatisfy { $0 == 9 })
        // The definition, by hand, of the first pixel.
        let (y, u, v) = (
          Int32(ys[first]), Int32(us[first >> layout.shift]) - 128, Int32(vs[first >> layout.shift]) - 128
        )
        let level = max(y - fixed.black, 0) * fixed.luma + (1 << 19)
        let green = (level + u * fixed.u_green + v * fixed.v_green) >> 20
        #expect(Int32(plain[1]) == min(max(green, 0), 255))
      }
    }
  }
}
