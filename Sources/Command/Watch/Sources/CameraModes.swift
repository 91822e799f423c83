import CActionCLIP
import CCamera
import Glibc

/// The pixel formats, sizes and rates that a camera offers, and the choice among them.
struct CameraModes {
  /// A pixel format by the camera's code and by the library's number.
  struct Format {
    let code: UInt32
    let pixels: Int32
  }
  private let descriptor: Int32
  /// The formats that can be read, in the driver's order; grey ones come last, since they have no colour.
  let readable: [Format]
  /// The codes of the others, such as MJPG.
  let others: [String]

  /// Most entries of a driver's list that are read.
  private static let longestList: UInt32 = 4096

  init(of descriptor: Int32) {
    self.descriptor = descriptor
    var readable: [Format] = []
    var others: [String] = []
    var (code, compressed): (UInt32, Int32) = (0, 0)
    for index in 0..<CameraModes.longestList {
      guard ccamera_pixel_format(descriptor, index, &code, &compressed) == 0 else { break }
      let name = CameraModes.name(of: code)
      if let pixels = try? PixelFormat.named(name, Int32(ACTIONCLIP_NAMES_V4L2)), compressed == 0 {
        readable.append(Format(code: code, pixels: pixels))
      } else {
        others.append(name)
      }
    }
    func isGrey(_ format: Format) -> Bool {
      [Int32(ACTIONCLIP_PIXEL_GRAY), Int32(ACTIONCLIP_PIXEL_GRAY16)].contains(format.pixels)
    }
    self.readable = readable.filter { !isGrey($0) } + readable.filter(isGrey)
    self.others = others
  }

  /// The four characters of a code, without the spaces at its end.
  static func name(of code: UInt32) -> String {
    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: code >> (8 * $0)) }.map { $0 & 0x7F }
    let name = String(decoding: bytes, as: UTF8.self)
    return String(name.reversed().drop { $0 == " " }.reversed())
  }

  struct Mode {
    let format: Format
    let size: (width: Int, height: Int)
    /// Seconds from frame to frame; nil: the camera has no list of them.
    let interval: (numerator: UInt32, denominator: UInt32)?
  }

  /// The mode whose size is nearest to the one asked for; among several, the one whose rate is nearest, then the first
  /// format. Nil without a format that can be read.
  func nearest(to size: PictureSize, _ rate: FrameRate, among formats: [Format]) -> Mode? {
    var best: (mode: Mode, sides: Int, rates: Double)?
    for format in formats {
      for found in sizes(of: format, nearTo: size) {
        let sides = abs(found.width - size.width) + abs(found.height - size.height)
        if let best, sides > best.sides { continue }
        let (interval, distance) = interval(of: format, found, nearTo: rate)
        if let best, sides == best.sides, distance >= best.rates { continue }
        best = (Mode(format: format, size: found, interval: interval), sides, distance)
      }
    }
    return best?.mode
  }

  /// The sizes that a format has, each range by the size in it that is nearest to `asked`. A camera without a list is
  /// asked for that size.
  private func sizes(of format: Format, nearTo asked: PictureSize) -> [(width: Int, height: Int)] {
    var result: [(width: Int, height: Int)] = []
    var range = ccamera_size()
    for index in 0..<CameraModes.longestList {
      guard ccamera_frame_size(descriptor, format.code, index, &range) == 0 else { break }
      result.append(
        (
          CameraModes.nearest(to: asked.width, range.min_width, range.max_width, range.step_width),
          CameraModes.nearest(to: asked.height, range.min_height, range.max_height, range.step_height)
        ))
    }
    return result.isEmpty ? [(asked.width, asked.height)] : result
  }

  private static func nearest(to asked: Int, _ least: UInt32, _ most: UInt32, _ step: UInt32) -> Int {
    let (least, most, step) = (Int(least), Int(max(least, most)), max(1, Int(step)))
    let inside = min(max(asked, least), most)
    let steps = (inside - least + step / 2) / step
    return min(least + steps * step, most)
  }

  /// The interval nearest to a rate and how far its rate is from it. Any is taken where the camera has no list.
  private func interval(
    of format: Format, _ size: (width: Int, height: Int), nearTo rate: FrameRate
  ) -> (interval: (numerator: UInt32, denominator: UInt32)?, distance: Double) {
    var best: (interval: (numerator: UInt32, denominator: UInt32)?, distance: Double) = (nil, .infinity)
    var range = ccamera_interval()
    for index in 0..<CameraModes.longestList {
      guard
        ccamera_frame_interval(
          descriptor, format.code, UInt32(clamping: size.width), UInt32(clamping: size.height), index, &range)
          == 0
      else { break }
      let fastest = CameraModes.rate(range.shortest_numerator, range.shortest_denominator)
      let slowest = CameraModes.rate(range.longest_numerator, range.longest_denominator)
      let ends = [
        (fastest, (range.shortest_numerator, range.shortest_denominator)),
        (slowest, (range.longest_numerator, range.longest_denominator)),
      ]
      if let asked = rate.interval, slowest < rate.perSecond, rate.perSecond < fastest { return (asked, 0) }
      for (found, interval) in ends where abs(found - rate.perSecond) < best.distance {
        best = (interval, abs(found - rate.perSecond))
      }
    }
    return best
  }

  private static func rate(_ numerator: UInt32, _ denominator: UInt32) -> Double {
    numerator == 0 ? .infinity : Double(denominator) / Double(numerator)
  }
}

extension FrameRate {
  /// Seconds from frame to frame as V4L2 has it; nil where the numbers do not fit.
  var interval: (numerator: UInt32, denominator: UInt32)? {
    guard let above = UInt32(exactly: denominator), let below = UInt32(exactly: numerator) else { return nil }
    return (above, below)
  }
}
