import CActionCLIP

/// The first line of a YUV4MPEG2 stream: "YUV4MPEG2 W640 H480 F30:1 Ip A1:1 C420jpeg XCOLORRANGE=FULL".
struct Y4MHeader {
  /// Planes of a picture, as they follow each other in the stream.
  enum Chroma { case half, halfWidth, full, none }

  var width = 0
  var height = 0
  /// Nil where the stream says that it has none: F0:0.
  var rate: FrameRate?
  var chroma = Chroma.half
  /// ACTIONCLIP_RANGE_*.
  var range = Int32(ACTIONCLIP_RANGE_AUTO)

  /// The longest line that is read, in bytes.
  static let longestLine = 4096

  private static let producer = "ffmpeg -i INPUT -pix_fmt yuv420p -f yuv4mpegpipe - | actionclip watch -"

  /// Parses the line without its line feed.
  init(_ line: [UInt8]) throws(CommandError) {
    let parts = String(decoding: line, as: UTF8.self).split(separator: " ")
    guard !VideoContainer.begins(line) else {
      throw CommandError(
        "standard input: it is a video file, not a YUV4MPEG2 stream: give the file's name: actionclip watch FILE"
      )
    }
    guard line.count < Y4MHeader.longestLine, parts.first == "YUV4MPEG2" else {
      throw CommandError(
        "standard input: not a YUV4MPEG2 stream; give one: \(Y4MHeader.producer), or say what the frames are by --raw"
      )
    }
    var hasRate = false
    for part in parts.dropFirst() {
      let value = part.dropFirst()
      switch part.first {
      case "W": width = try Y4MHeader.side(value, "width")
      case "H": height = try Y4MHeader.side(value, "height")
      case "F":
        hasRate = true
        rate = try Y4MHeader.rate(value)
      case "C": chroma = try Y4MHeader.chroma(value)
      case "X" where value == "COLORRANGE=FULL": range = Int32(ACTIONCLIP_RANGE_FULL)
      case "X" where value == "COLORRANGE=LIMITED": range = Int32(ACTIONCLIP_RANGE_LIMITED)
      default: break  // interlacing, aspect and notes change no pixel
      }
    }
    for (missing, letter) in [(width == 0, "width (W)"), (height == 0, "height (H)"), (!hasRate, "rate (F)")]
    where missing {
      throw CommandError("standard input: the YUV4MPEG2 header has no \(letter): the stream is damaged")
    }
  }

  private static func side(_ text: Substring, _ name: String) throws(CommandError) -> Int {
    guard let side = Int(text), (1...65535).contains(side) else {
      throw CommandError(
        "standard input: the YUV4MPEG2 header has a \(name) of '\(text)'; it must be 1 to 65535")
    }
    return side
  }

  private static func rate(_ text: Substring) throws(CommandError) -> FrameRate? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard parts.count == 2, let above = Int64(parts[0]), let below = Int64(parts[1]) else {
      throw CommandError(
        "standard input: the YUV4MPEG2 header has a rate of '\(text)'; expected one like 30:1")
    }
    if above == 0 { return nil }
    guard let rate = FrameRate(above, below) else {
      throw CommandError(
        "standard input: the YUV4MPEG2 header has a rate of '\(text)'; it must be 1/1000 to 1000 frames a second"
      )
    }
    return rate
  }

  private static func chroma(_ tag: Substring) throws(CommandError) -> Chroma {
    switch tag {
    case "420", "420jpeg", "420mpeg2", "420paldv": return .half
    case "422": return .halfWidth
    case "444": return .full
    case "mono": return .none
    default:
      let deep = tag.contains(/^(420|422|444)p\d+$/) || tag.contains(/^mono\d+$/)
      let reason = deep ? "has more than 8 bits a sample" : "is not one of 420, 422, 444 and mono"
      throw CommandError(
        "standard input: the colour space C\(tag) \(reason); convert it: \(Y4MHeader.producer)")
    }
  }
}
