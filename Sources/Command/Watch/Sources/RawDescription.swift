import ArgumentParser
import CActionCLIP

/// The description of raw frames: "nv12:1280x720@30".
struct RawDescription {
  let format: Int32
  /// The format's name as it was given.
  let formatName: String
  let size: PictureSize
  let rate: FrameRate?

  init(parsing argument: String) throws {
    let text = try Arguments.text(argument)
    guard let found = text.wholeMatch(of: /([^:@]+):([^:@]+)(?:@([^@]+))?/),
      let size = PictureSize(argument: String(found.2))
    else { throw ValidationError("expected FORMAT:WIDTHxHEIGHT@RATE, such as nv12:1280x720@30") }
    rate = try found.3.map { rate in
      guard let rate = FrameRate(argument: String(rate)) else {
        throw ValidationError(
          "'\(rate)' is no rate: give 1/1000 to 1000 frames a second, as 30, 29.97 or 30000/1001")
      }
      return rate
    }
    formatName = String(found.1)
    self.size = size
    do {
      format = try PixelFormat.named(formatName)
    } catch {
      throw ValidationError(error.message)
    }
  }
}

/// A picture's width and height, 1 to 65535 pixels each.
struct PictureSize {
  let width: Int
  let height: Int
}

extension PictureSize: ExpressibleByArgument {
  /// Reads "1280x720".
  init?(argument: String) {
    let sides = argument.split(separator: "x", omittingEmptySubsequences: false).map { Int($0) ?? 0 }
    guard sides.count == 2, sides.allSatisfy({ (1...65535).contains($0) }) else { return nil }
    (width, height) = (sides[0], sides[1])
  }
}

enum PixelFormat {
  /// The pixel format that has a name in some program: ACTIONCLIP_PIXEL_*.
  static func named(_ name: String, _ names: Int32 = Int32(ACTIONCLIP_NAMES_ANY)) throws(LibraryError)
    -> Int32
  {
    var format: Int32 = 0
    try check(actionclip_pixel_format_from_name(name, names, &format))
    return format
  }
}
