import Foundation
import Testing
import Video

/// The frames of the ffmpeg program, in number and in every byte, from many kinds of file.
@Suite(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) struct ReferenceTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    let file: String
    let size: String
    let encoder: String
    let options: String
    init(_ file: String, _ encoder: String, _ options: String = "", size: String = "96x64") {
      self.file = file
      self.size = size
      self.encoder = encoder
      self.options = options
    }
    var testDescription: String { "\(file) \(encoder) \(size) \(options)" }
  }

  static let kinds = [
    Kind("a.mp4", "libx264", "-bf 3 -pix_fmt yuv420p"),
    Kind("a.mov", "libx264", "-bf 2 -pix_fmt yuv420p10le"),
    Kind("a.mkv", "libx264", "-pix_fmt yuv444p", size: "97x63"),
    Kind("a.ts", "libx264", "-pix_fmt yuv420p -flags +ildct+ilme"),
    Kind("a.h264", "libx264", "-bf 2 -pix_fmt yuv420p"),
    Kind("fragments.mp4", "libx264", "-pix_fmt yuv420p -movflags frag_keyframe+empty_moov -g 8"),
    Kind("full.mp4", "libx264", "-pix_fmt yuvj420p"),
    Kind("709.mp4", "libx264", "-pix_fmt yuv420p -colorspace bt709 -color_range pc"),
    Kind("a.mp4", "libx265", "-pix_fmt yuv420p10le -x265-params log-level=none"),
    Kind("packed.avi", "libxvid", "-bf 2"),
    Kind("a.avi", "mpeg4", "-bf 2"),
    Kind("a.webm", "libvpx-vp9", "-lag-in-frames 16 -b:v 60k", size: "97x63"),
    Kind("a.mpg", "mpeg2video", "-bf 2 -flags +ildct+ilme"),
    Kind("a.avi", "mjpeg", "-pix_fmt yuvj422p", size: "97x63"),
    Kind("a.mkv", "ffv1", "-pix_fmt yuv420p", size: "97x63"),
    Kind("a.mkv", "ffv1", "-pix_fmt bgra"),
    Kind("a.gif", "gif"),
    Kind("one.mp4", "mpeg4", "-frames:v 1"),
    Kind("still.png", "png", "-frames:v 1", size: "97x63"),
    Kind("still.jpg", "mjpeg", "-frames:v 1"),
  ]

  @Test(arguments: kinds.filter { Clip.encoders.contains($0.encoder) })
  func bytesAreEqual(kind: Kind) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make(kind.file, size: kind.size, "-c:v \(kind.encoder) \(kind.options)")
    try compare(path)
  }

  func compare(_ path: String, frames: Int? = nil) throws {
    let reference = try Clip.reference(path)
    for threads in [1, 2, 4] {
      let video = try VideoFile(path: path, threads: threads)
      let pictures = try video.allPictures()
      #expect(pictures.count * video.width * video.height * 3 == reference.count)
      #expect(pictures.flatMap(\.rgb) == reference, "\(threads) threads")
      if let frames { #expect(pictures.count == frames) }
    }
  }

  static let hasH264 = Clip.encoders.contains("libx264")

  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func editListAndOffset() throws {
    let folder = try Folder()
    defer { folder.remove() }
    _ = try folder.make("a.mp4", frames: 60, "-c:v libx264 -bf 3 -pix_fmt yuv420p")
    // Begins between keyframes: the packets before the cut are decoded and not shown.
    try compare(try folder.remake("edit.mp4", before: "-ss 0.7", from: "a.mp4", "-c copy"))
    try compare(try folder.remake("late.ts", from: "a.mp4", "-c copy -output_ts_offset 1000"), frames: 60)
    try compare(try folder.remake("turned.mp4", from: "a.mp4", "-c copy -metadata:s:v rotate=90"), frames: 60)
  }

  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func tailsAndHeadsCutOff() throws {
    let folder = try Folder()
    defer { folder.remove() }
    for (name, options) in [
      ("a.ts", "-bf 3 -g 12 -x264opts open-gop=1"), ("a.mkv", "-bf 3"), ("a.mp4", "-movflags +faststart"),
    ] {
      let path = try folder.make(name, frames: 60, "-c:v libx264 -pix_fmt yuv420p \(options)")
      let whole = try Data(contentsOf: URL(fileURLWithPath: path))
      try compare(try folder.write("tail-" + name, whole.prefix(whole.count * 3 / 5)))
    }
    let stream = try Data(contentsOf: URL(fileURLWithPath: folder.path("a.ts")))
    try compare(try folder.write("head.ts", stream.dropFirst(stream.count / 3 / 188 * 188)))
  }

  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func laterSizesAreScaledToTheFirst() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let options = "-c:v libx264 -pix_fmt yuv420p"
    let small = try Data(contentsOf: URL(fileURLWithPath: folder.make("s.ts", frames: 20, options)))
    let large = try Data(
      contentsOf: URL(fileURLWithPath: folder.make("l.ts", size: "160x120", frames: 10, options)))
    let video = try VideoFile(path: try folder.write("both.ts", small + large), threads: 2)
    #expect(video.width == 96 && video.height == 64)
    #expect(try video.allPictures().count == 30)
  }

  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func coverArtIsNotTheVideo() throws {
    let folder = try Folder()
    defer { folder.remove() }
    _ = try folder.make("a.mp4", "-c:v libx264 -pix_fmt yuv420p")
    _ = try folder.make("cover.jpg", size: "640x480", "-frames:v 1 -c:v mjpeg")
    let path = try folder.remake(
      "b.mp4", before: "-i cover.jpg", from: "a.mp4",
      "-map 0 -map 1 -c copy -disposition:v:0 attached_pic")
    let video = try VideoFile(path: path)
    #expect(video.width == 96 && video.height == 64)
    #expect(try video.info().frameCount == 30)
  }
}
