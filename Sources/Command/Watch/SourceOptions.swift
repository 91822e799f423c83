import ArgumentParser
import CActionCLIP

/// How frames of a source are read.
struct SourceOptions: ParsableArguments {
  enum Pace: String, CaseIterable, ExpressibleByArgument { case real, fast }

  enum Overflow: String, CaseIterable, ExpressibleByArgument {
    case wait, latest
    case dropOldest = "drop-oldest"
    case dropNewest = "drop-newest"

    var code: Int32 {
      switch self {
      case .wait: Int32(ACTIONCLIP_OVERFLOW_WAIT)
      case .latest: Int32(ACTIONCLIP_OVERFLOW_LATEST)
      case .dropOldest: Int32(ACTIONCLIP_OVERFLOW_DROP_OLDEST)
      case .dropNewest: Int32(ACTIONCLIP_OVERFLOW_DROP_NEWEST)
      }
    }
  }

  enum Matrix: String, CaseIterable, ExpressibleByArgument {
    case bt601, bt709, bt2020

    var code: Int32 {
      switch self {
      case .bt601: Int32(ACTIONCLIP_MATRIX_BT601)
      case .bt709: Int32(ACTIONCLIP_MATRIX_BT709)
      case .bt2020: Int32(ACTIONCLIP_MATRIX_BT2020)
      }
    }
  }

  enum Range: String, CaseIterable, ExpressibleByArgument {
    case limited, full

    var code: Int32 { Int32(self == .limited ? ACTIONCLIP_RANGE_LIMITED : ACTIONCLIP_RANGE_FULL) }
  }

  @Option(
    help:
      "A file or pipe at the pace of its times, or as fast as it can be read (default: real for a file, fast for a pipe)."
  )
  var pace: Pace?

  @Option(
    help:
      "Frames that there is no time for: the source waits, all that wait give way to the newest, or the oldest or newest is dropped (default: latest for cameras and real pace, else wait)."
  )
  var overflow: Overflow?

  @Option(
    help: ArgumentHelp(
      "The size asked of a camera (default: 640x480); the nearest is taken.", valueName: "WxH"))
  var size: PictureSize?

  @Option(
    help: ArgumentHelp(
      "Frames a second: asked of a camera (default: 30), or those of a pipe, before what it says.",
      valueName: "rate"))
  var rate: FrameRate?

  @Option(
    help: ArgumentHelp(
      "The pixel format asked of a camera, such as YUYV (default: any that is read).", valueName: "name"),
    transform: Arguments.text)
  var pixelFormat: String?

  @Option(
    help:
      "The matrix of YUV colours (default: as the camera says; of a pipe BT.601 up to 576 rows, else BT.709)."
  )
  var matrix: Matrix?

  @Option(help: "The range of YUV colours (default: as the camera or the stream says, else limited).")
  var range: Range?

  enum Kind: String { case pipe, camera, file }

  /// Refuses options that a kind of source does not have.
  func refuse(_ kind: Kind) throws {
    let uses: [(name: String, isGiven: Bool, by: [Kind])] = [
      ("--pace", pace != nil, [.pipe, .file]), ("--size", size != nil, [.camera]),
      ("--rate", rate != nil, [.camera, .pipe]), ("--pixel-format", pixelFormat != nil, [.camera]),
      ("--matrix", matrix != nil, [.camera, .pipe]), ("--range", range != nil, [.camera, .pipe]),
    ]
    for use in uses where use.isGiven && !use.by.contains(kind) {
      throw ValidationError("\(use.name) is not for a \(kind.rawValue): it tells its own.")
    }
  }

  var colours: Colours {
    Colours(
      matrix: matrix?.code ?? Int32(ACTIONCLIP_MATRIX_AUTO),
      range: range?.code ?? Int32(ACTIONCLIP_RANGE_AUTO))
  }

  /// - Throws: `LibraryError` for a pixel format that is not known, or not read.
  func wish() throws(LibraryError) -> CameraFrames.Wish {
    var wish = CameraFrames.Wish(size: size, rate: rate, colours: colours)
    if let pixelFormat { wish.format = try PixelFormat.named(pixelFormat) }
    return wish
  }
}
