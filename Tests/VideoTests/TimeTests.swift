import Foundation
import Testing
import Video

/// Frames' times never fall, a gap stays a gap, and what is joined goes on.
@Suite struct TimeTests {
  static let hasH264 = Clip.encoders.contains("libx264")
  static let h264 = "-c:v libx264 -pix_fmt yuv420p -preset veryfast -bf 2"

  /// Read in every way, a clip has these times and lasts this long.
  func expect(_ path: String, times: [Double], duration: Double, within tolerance: Double = 0.002) throws {
    for decode in [DecodeChoice.needed, .all, .keyFrames] {
      let outline = try VideoFile(path: path, decode: decode).outline()
      let info = try VideoFile(path: path, threads: 2, decode: decode).info()
      #expect(info.frameCount == times.count && outline.frameCount == times.count, "\(decode)")
      #expect(abs(info.duration - duration) < tolerance, "\(decode) \(info.duration)")
      #expect(outline.duration == info.duration, "\(decode)")
    }
    for decode in [DecodeChoice.needed, .all] {
      let pictures = try VideoFile(path: path, decode: decode).allPictures()
      #expect(
        zip(pictures, times).allSatisfy { abs($0.seconds - $1) < tolerance }, "\(pictures.map(\.seconds))")
      #expect(zip(pictures, pictures.dropFirst()).allSatisfy { $0.seconds <= $1.seconds })
      for index in [0, times.count / 3, times.count - 1] {
        let alone = try VideoFile(path: path, decode: decode).pictures([index])
        #expect(alone == [pictures[index]], "\(decode) \(index)")
      }
    }
  }

  static func steady(_ count: Int) -> [Double] { (0..<count).map { Double($0) / 25 } }

  /// mkvmerge writes when frames are shown where FFmpeg reads when they are decoded.
  @Test func disorderedTimes() throws {
    try expect(Clip.fixture("disordered_times.mkv"), times: Self.steady(50), duration: 2)
  }

  @Test(arguments: [
    ("ts", TimeTests.h264), ("mkv", TimeTests.h264), ("ts", "-c:v mpeg2video -bf 2"),
    ("mpg", "-c:v mpeg2video -bf 2"),
  ])
  func joinedFilesGoOn(container: String, options: String) throws {
    guard Clip.hasProgram, Self.hasH264 || !options.contains("264") else { return }
    let folder = try Folder()
    defer { folder.remove() }
    var whole = Data()
    // The last is shorter than frames are ever out of order; FFmpeg finds no third Matroska file.
    let counts = container == "mkv" ? [50, 40] : [50, 40, 8]
    for frames in counts {
      whole += try Data(
        contentsOf: URL(fileURLWithPath: folder.make("a.\(container)", frames: frames, options)))
    }
    let path = try folder.write("joined.\(container)", whole)
    let count = counts.reduce(0, +)
    try expect(path, times: Self.steady(count), duration: Double(count) / 25)
    #expect(try VideoFile(path: path).allPictures().flatMap(\.rgb) == Clip.reference(path))
  }

  /// MPEG-TS counts to 2^33 ticks of 90 kHz: 95,443.7 seconds.
  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func timesThatWrap() throws {
    let folder = try Folder()
    defer { folder.remove() }
    _ = try folder.make("a.mp4", frames: 60, Self.h264)
    for offset in ["95440.5", "95442", "95443.5"] {
      let path = try folder.remake("wrap.ts", from: "a.mp4", "-c copy -output_ts_offset \(offset)")
      try expect(path, times: Self.steady(60), duration: 2.4)
    }
  }

  @Test(
    .enabled(if: hasH264, "needs an ffmpeg with libx264"),
    arguments: [
      ("mp4", 30.0, 30.0), ("mkv", 30, 30), ("mov", 3000, 3000), ("flv", 30, 30), ("ts", 5, 5), ("mpg", 5, 5),
      // Formats that are cut and joined as they are: a leap, as the ffmpeg program has it.
      ("ts", 30, 0), ("mpg", 30, 0),
    ])
  func aGapStaysAGap(container: String, gap: Double, stays: Double) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make(
      "a.\(container)", frames: 40,
      "-vf setpts=PTS+gte(N\\,20)*\(gap)/TB -fps_mode passthrough "
        + (container == "mpg" ? "-c:v mpeg2video -g 20" : "\(Self.h264) -x264-params keyint=20:scenecut=0")
    )
    let times = (0..<40).map { Double($0) / 25 + ($0 < 20 ? 0 : stays) }
    let info = try VideoFile(path: path).info()
    #expect(info.frameCount == 40 && abs(info.duration - 1.6 - stays) < 0.2, "\(info)")
    let outline = try VideoFile(path: path).outline()
    #expect(outline.duration == info.duration)
    let pictures = try VideoFile(path: path, decode: .all).allPictures()
    // At a leap the frame before may last as long as the gap.
    #expect(zip(pictures, times).allSatisfy { abs($0.seconds - $1) < 0.1 }, "\(pictures.map(\.seconds))")
    for index in [3, 19, 20, 33] { #expect(try VideoFile(path: path).pictures([index]) == [pictures[index]]) }
  }

  /// Far apart from the first on: no leap.
  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264"), arguments: ["ts", "mkv"])
  func slowFrames(container: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make(
      "a.\(container)", frames: 12, "-vf setpts=N*15/TB -fps_mode passthrough \(Self.h264)")
    try expect(path, times: (0..<12).map { Double($0) * 15 }, duration: 165.04, within: 0.05)
  }

  /// Each field of these frames is a packet of its own: there are twice as many packets as frames.
  @Test(arguments: ["mp4", "ts", "mkv"]) func fieldPictures(container: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    var path = Clip.fixture("field_pictures.mp4")
    if container != "mp4" {
      guard Clip.hasProgram else { return }
      try folder.write("a.mp4", try Clip.bytes("field_pictures.mp4"))
      path = try folder.remake("a.\(container)", from: "a.mp4", "-c copy")
    }
    #expect(try !VideoFile(path: path).isIndexed)
    try expect(path, times: Self.steady(12), duration: 0.46)
    let levels = try VideoFile(path: path).allPictures().map { Int($0.rgb[0]) }
    #expect(levels == levels.sorted() && Set(levels).count == 12, "\(levels)")
    for index in [2, 7, 11] {
      #expect(try VideoFile(path: path).pictures([index]).map { Int($0.rgb[0]) } == [levels[index]])
    }
    #expect(throws: VideoReadError<Never>.self) { try VideoFile(path: path).pictures([12]) }
    let count = try VideoFile(path: path).readChosen {
      [$0 - 1]
    } begin: { _ in
    } emit: {
      #expect(Int($0.pixels[0]) == levels[11])
    }
    #expect(count == 12)
  }
}
