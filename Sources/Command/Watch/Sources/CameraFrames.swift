import CActionCLIP
import CCamera
import Glibc

/// The frames of a camera, /dev/video0 for example, as its driver stamps them.
final class CameraFrames: FrameSource {
  let name: String
  let summary: String
  let isLive = true
  private(set) var lost: Int64 = 0

  private let stop: StopRequest
  private let descriptor: Int32
  private var buffers = ccamera_buffers()
  private var isStarted = false
  private let layout: PictureLayout
  private let colours: Colours
  /// The buffer that the last frame is in.
  private var held: UInt32?
  /// When the first frame was taken.
  private var first: Int64?
  /// The driver's number of the last frame.
  private var sequence: UInt32?

  /// The mode that is asked of a camera, which takes the nearest one that it has.
  struct Wish {
    var size: PictureSize?
    var rate: FrameRate?
    /// ACTIONCLIP_PIXEL_*; nil: any.
    var format: Int32?
    var colours = Colours()
  }

  /// Whether a path names a camera.
  static func isCamera(_ path: FilePath) -> Bool { path.shown.hasPrefix("/dev/video") }

  init(_ path: FilePath, _ wish: Wish, until stop: StopRequest) throws(CommandError) {
    let shown = path.shown
    self.stop = stop
    var card = [CChar](repeating: 0, count: 64)
    var opened: Int32 = -1
    let failed = ccamera_open(path.cString, &card, card.count, &opened)
    switch failed {
    case 0: break
    case ENOTTY: throw CommandError("\(shown): not a camera")
    case ENODEV:
      throw CommandError("\(shown): it captures no video; a camera often has another device beside it")
    default: throw CommandError.system(shown, code: failed)
    }
    do throws(CommandError) {
      let title = printable(
        String(decoding: card.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self))
      name = title.isEmpty ? shown : "\(shown) (\(title))"
      let given = try CameraFrames.configure(opened, name, path, wish)
      layout = given.layout
      colours = given.colours
      summary = given.summary
    } catch {
      close(opened)
      throw error
    }
    descriptor = opened
  }

  deinit {
    if isStarted { ccamera_stop(descriptor, &buffers) }
    close(descriptor)
  }

  private static func error(_ name: String, _ code: Int32) -> CommandError {
    switch code {
    case EBUSY: CommandError("\(name): another program uses the camera")
    case ENODEV, EIO: CommandError("\(name): the camera is gone")
    default: CommandError.system(name, code: code)
    }
  }

  /// Sets the mode that is nearest to the wish.
  private static func configure(
    _ descriptor: Int32, _ name: String, _ path: FilePath, _ wish: Wish
  ) throws(CommandError) -> (layout: PictureLayout, colours: Colours, summary: String) {
    let modes = CameraModes(of: descriptor)
    let formats = modes.readable.filter { wish.format == nil || $0.pixels == wish.format }
    let size = wish.size ?? PictureSize(width: 640, height: 480)
    let rate = wish.rate ?? .thirty
    guard let mode = modes.nearest(to: size, rate, among: formats) else {
      throw unreadable(name, path, size, modes, wish)
    }
    var format = ccamera_format()
    format.code = mode.format.code
    format.width = UInt32(clamping: mode.size.width)
    format.height = UInt32(clamping: mode.size.height)
    let failed = ccamera_set_format(descriptor, &format)
    guard failed == 0 else { throw error(name, failed) }
    let rowBytes = format.row_bytes == 0 ? nil : Int(format.row_bytes)
    let code = CameraModes.name(of: format.code)
    guard format.code == mode.format.code, (1...65535).contains(format.width),
      (1...65535).contains(format.height),
      let layout = PictureLayout(
        mode.format.pixels, width: Int(format.width), height: Int(format.height), rowBytes: rowBytes)
    else {
      throw CommandError(
        "\(name): the driver answers with \(code) of \(format.width)x\(format.height), which is not read")
    }
    var (above, below) = mode.interval ?? rate.interval ?? (0, 0)
    let refused = ccamera_set_interval(descriptor, &above, &below)
    guard refused == 0 else { throw error(name, refused) }
    let pace = above == 0 ? "" : formatted(" at %.6g frames a second", Double(below) / Double(above))
    return (
      layout, colours(of: format, wish.colours, name), "\(format.width)x\(format.height) \(code)\(pace)"
    )
  }

  private static func colours(of format: ccamera_format, _ asked: Colours, _ name: String) -> Colours {
    var colours = asked
    if colours.matrix == Int32(ACTIONCLIP_MATRIX_AUTO) {
      switch Int(format.matrix) {
      case CCAMERA_BT709: colours.matrix = Int32(ACTIONCLIP_MATRIX_BT709)
      case CCAMERA_BT2020: colours.matrix = Int32(ACTIONCLIP_MATRIX_BT2020)
      case CCAMERA_SMPTE240M:
        Diagnostics.warning("\(name): its colours are SMPTE 240M; they are taken as BT.709, which is near")
        colours.matrix = Int32(ACTIONCLIP_MATRIX_BT709)
      default: colours.matrix = Int32(ACTIONCLIP_MATRIX_BT601)
      }
    }
    if colours.range == Int32(ACTIONCLIP_RANGE_AUTO) {
      colours.range = Int32(format.full_range != 0 ? ACTIONCLIP_RANGE_FULL : ACTIONCLIP_RANGE_LIMITED)
    }
    return colours
  }

  /// Says why no format can be read, and how FFmpeg would.
  private static func unreadable(
    _ name: String, _ path: FilePath, _ size: PictureSize, _ modes: CameraModes, _ wish: Wish
  ) -> CommandError {
    if wish.format != nil, !modes.readable.isEmpty {
      let names = modes.readable.map { CameraModes.name(of: $0.code) }
      return CommandError(
        "\(name): the camera does not have this pixel format; it has \(names.joined(separator: ", "))")
    }
    guard !modes.others.isEmpty else { return CommandError("\(name): the camera lists no pixel format") }
    let input = modes.others.contains { $0 == "MJPG" || $0 == "JPEG" } ? " -input_format mjpeg" : ""
    return CommandError(
      "\(name): the camera has only \(modes.others.joined(separator: ", ")), which is not decoded here; let FFmpeg do it: "
        + "ffmpeg -f v4l2\(input) -video_size \(size.width)x\(size.height) -i \(path.shown) -pix_fmt yuv420p "
        + "-f yuv4mpegpipe - | actionclip watch -")
  }

  /// Lets the camera begin. It is done when the first frame is asked for, so that none is old then.
  private func start() throws(CommandError) {
    buffers.count = 4
    let failed = ccamera_start(descriptor, &buffers)
    guard failed == 0 else { throw CameraFrames.error(name, failed) }
    isStarted = true
  }

  func next() throws -> SourceFrame? {
    if !isStarted { try start() }
    if let held {
      self.held = nil
      let failed = ccamera_return(descriptor, held)
      guard failed == 0 else { throw CameraFrames.error(name, failed) }
    }
    while try stop.waitToRead(descriptor) {
      var frame = ccamera_frame()
      let failed = ccamera_take(descriptor, &frame)
      if failed == EAGAIN { continue }
      guard failed == 0 else { throw CameraFrames.error(name, failed) }
      if let sequence, (1..<1 << 31).contains(frame.sequence &- sequence) {
        lost += Int64(frame.sequence &- sequence) - 1
      }
      sequence = frame.sequence
      guard frame.damaged == 0, let start = ccamera_pixels(&buffers, &frame, layout.size) else {
        lost += 1
        let failed = ccamera_return(descriptor, frame.index)
        guard failed == 0 else { throw CameraFrames.error(name, failed) }
        continue
      }
      held = frame.index
      let arrival = frame.time_ns >= 0 ? frame.time_ns : Clock.now
      let begin = first ?? arrival
      first = begin
      return SourceFrame(pixels: layout.frame(at: start, colours), stamp: arrival - begin, arrival: arrival)
    }
    return nil
  }
}
