import CActionCLIP
import Glibc

/// Frames of one size on standard input: a YUV4MPEG2 stream, or nothing but pixels.
final class PipedFrames: FrameSource {
  let name = "standard input"
  let summary: String
  let isLive = false
  let lost: Int64 = 0

  private let stop: StopRequest
  private var input: InputBytes
  private let layout: PictureLayout
  private let colours: Colours
  private let rate: FrameRate
  /// Whether each frame begins with a line of its own.
  private let hasMarkers: Bool
  /// Puts planes that no pixel format has into those of `layout`.
  private let repacking: Repacking?
  private let read: PictureMemory
  private let repacked: PictureMemory?
  private var number: Int64 = 0

  /// Reads the header of a YUV4MPEG2 stream. `rate` and `colours` go before what it says.
  init(y4mUntil stop: StopRequest, rate given: FrameRate?, _ colours: Colours) throws(CommandError) {
    self.stop = stop
    input = InputBytes(until: stop)
    guard let line = try input.line(atMost: Y4MHeader.longestLine) else {
      throw CommandError("standard input: it is empty")
    }
    let header = try Y4MHeader(line.bytes)
    guard let rate = given ?? header.rate else {
      throw CommandError("standard input: the YUV4MPEG2 header says that the rate is unknown: give --rate")
    }
    let format: Int32
    switch header.chroma {
    case .half: (format, repacking) = (Int32(ACTIONCLIP_PIXEL_I420), nil)
    case .none: (format, repacking) = (Int32(ACTIONCLIP_PIXEL_GRAY), nil)
    case .halfWidth: (format, repacking) = (Int32(ACTIONCLIP_PIXEL_YUYV), .halfWidthToYUYV)
    case .full: (format, repacking) = (Int32(ACTIONCLIP_PIXEL_NV24), .fullToNV24)
    }
    layout = try PipedFrames.layout(format, header.width, header.height)
    self.rate = rate
    self.colours = Colours(
      matrix: colours.matrix,
      range: colours.range == Int32(ACTIONCLIP_RANGE_AUTO) ? header.range : colours.range)
    hasMarkers = true
    read = try PictureMemory(repacking?.size(header.width, header.height) ?? layout.size)
    repacked = repacking == nil ? nil : try PictureMemory(layout.size)
    summary = PipedFrames.summary(header.width, header.height, "YUV4MPEG2", rate)
  }

  init(raw: RawDescription, until stop: StopRequest, rate given: FrameRate?, _ colours: Colours)
    throws(CommandError)
  {
    self.stop = stop
    input = InputBytes(until: stop)
    guard let rate = given ?? raw.rate else {
      throw CommandError("standard input: raw frames have no rate: give it, as nv12:1280x720@30")
    }
    layout = try PipedFrames.layout(raw.format, raw.size.width, raw.size.height)
    (self.rate, self.colours, hasMarkers, repacking, repacked) = (rate, colours, false, nil, nil)
    read = try PictureMemory(layout.size)
    summary = PipedFrames.summary(raw.size.width, raw.size.height, raw.formatName, rate)
  }

  private static func layout(_ format: Int32, _ width: Int, _ height: Int) throws(CommandError)
    -> PictureLayout
  {
    guard let layout = PictureLayout(format, width: width, height: height) else {
      throw CommandError(
        "standard input: frames of this pixel format have no packed form: convert them to nv12")
    }
    return layout
  }

  private static func summary(_ width: Int, _ height: Int, _ form: String, _ rate: FrameRate) -> String {
    "\(width)x\(height) \(form) at \(formatted("%.6g", rate.perSecond)) frames a second"
  }

  func next() throws -> SourceFrame? {
    if hasMarkers {
      guard let line = try input.line(atMost: 256), !stop.isAsked else { return nil }
      let marker = line.bytes.prefix(6)
      guard marker.elementsEqual("FRAME".utf8) || marker.elementsEqual("FRAME ".utf8) else {
        throw CommandError(
          "standard input: frame \(number) does not begin with FRAME: the stream is damaged, or the header's size is wrong"
        )
      }
      guard line.isWhole else { throw truncated(0) }
    }
    let count = try input.fill(read.bytes)
    if stop.isAsked || count == 0 && !hasMarkers { return nil }
    guard count == read.bytes.count else { throw truncated(count) }
    let arrival = Clock.now
    if let repacking, let repacked {
      repacking.apply(from: read.start, to: repacked.start, layout.width, layout.height)
    }
    defer { number += 1 }
    return SourceFrame(
      pixels: layout.frame(at: (repacked ?? read).start, colours), stamp: rate.stamp(ofFrame: number),
      arrival: arrival)
  }

  private func truncated(_ count: Int) -> CommandError {
    CommandError(
      "standard input: it ends inside frame \(number): \(count) of \(read.bytes.count) bytes are there")
  }
}

/// The memory of a picture, whose refusal is an answer: its size comes from a header.
final class PictureMemory {
  let bytes: UnsafeMutableRawBufferPointer
  var start: UnsafeMutablePointer<UInt8> { memory }
  private let memory: UnsafeMutablePointer<UInt8>

  /// The most bytes that a picture may have.
  private static let most = 1 << 30

  init(_ size: Int) throws(CommandError) {
    guard size <= PictureMemory.most, let found = malloc(max(1, size)) else {
      throw CommandError(
        "frames of \(size) bytes are too large: at most \(PictureMemory.most) bytes are read")
    }
    bytes = UnsafeMutableRawBufferPointer(start: found, count: size)
    memory = found.assumingMemoryBound(to: UInt8.self)
  }

  deinit { free(memory) }
}
