import Foundation
import Glibc
import Testing
import Video

/// Every pixel of every frame is the ffmpeg program's, whatever the width and the pixel format, and none
/// is memory that nobody wrote: fresh memory is filled with one byte, then with another.
@Suite(.serialized, .enabled(if: Clip.hasProgram, "needs the ffmpeg program")) struct PixelTests {
  struct Size: Sendable {
    let width: Int
    let height: Int
    init(_ width: Int, _ height: Int) { (self.width, self.height) = (width, height) }
    var name: String { "\(width)x\(height)" }
  }

  /// Pictures of one size and pixel format.
  struct Kind {
    let size: Size
    let format: String
    var name: String { "\(format)-\(size.name)" }
  }

  /// Pixel formats that decoders put out, deep and planar RGB, palettes and grays among them.
  static let formats = [
    "yuv410p", "yuv411p", "yuv420p", "yuv422p", "yuv440p", "yuv444p", "yuvj420p", "yuvj422p", "yuvj440p",
    "yuvj444p", "yuva420p", "yuva422p", "yuva444p", "nv12", "nv21", "nv24", "yuyv422", "uyvy422",
    "yuv420p9le", "yuv420p10le", "yuv422p10le", "yuv444p10le", "yuv440p10le", "yuv420p12le", "yuv422p12le",
    "yuv444p12le", "yuv420p14le", "yuv420p16le", "yuv444p16le", "yuva444p10le", "p010le", "p016le", "gray",
    "gray9le", "gray10le", "gray12le", "gray14le", "gray16le", "gray16be", "grayf32le", "ya8", "ya16le",
    "ya16be", "monob", "monow", "pal8", "rgb24", "bgr24", "rgba", "bgra", "argb", "abgr", "rgb0", "bgr0",
    "0rgb", "0bgr", "rgb8", "bgr8", "rgb4_byte", "rgb555le", "rgb565le", "bgr565be", "rgb48le", "rgb48be",
    "bgr48le", "rgba64le", "rgba64be", "x2rgb10le", "gbrp", "gbrap", "gbrp9le", "gbrp10le", "gbrp10be",
    "gbrp12le", "gbrp14le", "gbrp16le", "gbrap10le", "gbrap12le", "gbrap16le", "gbrpf32le", "xyz12le",
  ]

  /// Blocks in which swscale works end at, before and behind these.
  static let sizes = [1, 2, 3, 17, 21, 85, 340].flatMap { [Size($0, 1), Size($0, 19)] }

  @Test func everyWidth() throws {
    for height in [2, 5] { try compare((1...300).map { Size($0, height) }, ["yuv420p"]) }
  }

  /// Five formats at a time, since starting the ffmpeg program takes most of the time.
  @Test(arguments: stride(from: 0, to: formats.count, by: 5).map { Array(formats[$0...].prefix(5)) })
  func everyFormat(formats: [String]) throws { try compare(Self.sizes, formats) }

  /// Decoders with frames of their own, whose rows are longer than the picture is wide.
  @Test(arguments: [
    ("ffv1", "yuv420p"), ("ffv1", "yuv422p10le"), ("ffv1", "gbrp10le"), ("ffv1", "gray16le"),
    ("huffyuv", "bgra"),
    ("ffvhuff", "yuv411p"), ("mjpeg", "yuvj422p"), ("png", "ya8"), ("png", "rgb48be"), ("png", "pal8"),
  ])
  func everyWidthOfADecoder(encoder: String, format: String) throws {
    let widths = Array(1...24) + [81, 85, 149, 340, 404, 852]
    try compare(widths.map { Size($0, 5) }, [format], encoder: encoder, container: "mkv")
  }

  /// The ffmpeg program has no encoder for these: any bytes are a picture.
  @Test(arguments: ["bayer_bggr8", "bayer_rggb8", "bayer_gbrg8", "bayer_grbg8", "bayer_rggb16le", "y210le"])
  func formatsWithoutAnEncoder(format: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    var random = Random(state: 17)
    try folder.write("bytes", (0..<80_000).map { _ in UInt8.random(in: 0...255, using: &random) })
    for size in [Size(18, 4), Size(50, 36), Size(84, 2)] {
      _ = try folder.remake(
        "a.nut", before: "-f rawvideo -pixel_format \(format) -video_size \(size.name)", from: "bytes",
        "-frames:v 2 -c copy")
      try compare(folder.path("a.nut"), Clip.reference(folder.path("a.nut")), size.name)
    }
  }

  /// Frames of other sizes than the first are scaled to it, as `-vf scale` does it.
  @Test func everyWidthThatAnotherSizeIsScaledTo() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let widths = Array(1...70) + [81, 85, 340]
    let other = try Data(
      contentsOf: URL(fileURLWithPath: folder.make("b.mjpeg", size: "43x23", frames: 1, "-c:v mjpeg")))
    for start in stride(from: 0, to: widths.count, by: 40) {
      let kinds = widths[start...].prefix(40).map { Kind(size: Size($0, 6), format: "yuvj420p") }
      try make(kinds, encoder: "mjpeg", container: "mjpeg", in: folder)
      let clips = kinds.map { $0.name + ".mjpeg" }
      for ((clip, kind), (own, scaled)) in zip(
        zip(clips, kinds),
        zip(try pixels(of: clips, in: folder), try pixels(of: "b.mjpeg", as: kinds, in: folder)))
      {
        let first = try Data(contentsOf: URL(fileURLWithPath: folder.path(clip)))
        try compare(folder.write("a.mjpeg", first + other), own + scaled, kind.size.name)
      }
    }
  }

  @Test(arguments: [90, 180, 270]) func everyWidthThatIsTurned(degrees: Int) throws {
    let folder = try Folder()
    defer { folder.remove() }
    for width in [2, 34, 82, 84, 86, 340] {
      _ = try folder.make("a.mp4", size: "\(width)x18", frames: 2, "-c:v mpeg4")
      let path = try folder.remake("b.mp4", from: "a.mp4", "-c copy -metadata:s:v rotate=\(degrees)")
      try compare(path, Clip.reference(path), "\(width)")
    }
  }

  @Test func committedClip() throws {
    try compare(Clip.fixture("width340.mkv"), Clip.reference(Clip.fixture("width340.mkv")), "340")
  }

  /// Makes clips of each size and format in one run of the program, lets another run decode them all, and compares.
  private func compare(
    _ sizes: [Size], _ formats: [String], encoder: String = "rawvideo", container: String = "nut"
  ) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let kinds = formats.flatMap { format in sizes.map { Kind(size: $0, format: format) } }
    for start in stride(from: 0, to: kinds.count, by: 60) {
      let some = Array(kinds[start...].prefix(60))
      try make(some, encoder: encoder, container: container, in: folder)
      let clips = some.map { "\($0.name).\(container)" }
      for (clip, reference) in zip(clips, try pixels(of: clips, in: folder)) {
        try compare(folder.path(clip), reference, clip)
      }
    }
  }

  /// The pixels of each of some clips, which one run of the program decodes.
  private func pixels(of clips: [String], in folder: Folder) throws -> [[UInt8]] {
    var decode = ["-v", "quiet", "-filter_threads", "1"]
    for clip in clips { decode += ["-threads", "1", "-i", clip] }
    for (number, clip) in clips.enumerated() {
      decode += ["-map", "\(number):v", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24"]
      decode.append(clip + ".rgb")
    }
    try Clip.run(decode, in: folder.url)
    return try clips.map { try folder.bytes($0 + ".rgb") }
  }

  /// The pixels of a clip as the program scales them to the sizes of some kinds, in one run.
  private func pixels(of clip: String, as kinds: [Kind], in folder: Folder) throws -> [[UInt8]] {
    var graph = "split=\(kinds.count)"
    for number in kinds.indices { graph += "[a\(number)]" }
    for (number, kind) in kinds.enumerated() {
      graph += ";[a\(number)]scale=\(kind.size.width):\(kind.size.height)[b\(number)]"
    }
    var scale = [
      "-v", "quiet", "-filter_complex_threads", "1", "-threads", "1", "-i", clip, "-filter_complex", graph,
    ]
    for (number, kind) in kinds.enumerated() {
      scale += ["-map", "[b\(number)]", "-f", "rawvideo", "-pix_fmt", "rgb24", kind.name + ".scaled"]
    }
    try Clip.run(scale, in: folder.url)
    return try kinds.map { try folder.bytes($0.name + ".scaled") }
  }

  private func make(_ kinds: [Kind], encoder: String, container: String, in folder: Folder) throws {
    var graph = "testsrc2=size=320x240:rate=25,noise=alls=40:allf=t,split=\(kinds.count)"
    for number in kinds.indices { graph += "[a\(number)]" }
    for (number, kind) in kinds.enumerated() {
      graph += ";[a\(number)]scale=\(kind.size.width):\(kind.size.height),format=\(kind.format)[b\(number)]"
    }
    var encode = ["-v", "quiet", "-filter_complex", graph]
    for (number, kind) in kinds.enumerated() {
      encode += ["-map", "[b\(number)]", "-frames:v", "2", "-c:v", encoder, "\(kind.name).\(container)"]
    }
    try Clip.run(encode, in: folder.url)
  }

  /// glibc's mallopt, with M_PERTURB as its first argument; its header is in no module.
  private static let fillFreshMemory = dlsym(nil, "mallopt").map {
    unsafeBitCast($0, to: (@convention(c) (CInt, CInt) -> CInt).self)
  }

  private func compare(_ path: String, _ reference: [UInt8], _ what: String) throws {
    defer { _ = Self.fillFreshMemory?(-6, 0) }
    for filling: CInt in [0xFF, 0x2D] {
      _ = Self.fillFreshMemory?(-6, filling)
      let pixels = try VideoFile(path: path).allPictures().flatMap(\.rgb)
      #expect(!pixels.isEmpty && pixels == reference, "\(what)")
    }
  }
}
