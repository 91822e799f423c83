import Foundation
import Testing
import Video

/// Decoding only what is needed gives the frames of decoding everything, to the last bit.
@Suite(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) struct SelectionTests {
  struct Kind: CustomTestStringConvertible, Sendable {
    let file: String
    let encoder: String
    let options: String
    /// Whether frames can be told from packets, so that less is decoded.
    let isIndexed: Bool
    init(_ file: String, _ encoder: String, _ options: String, isIndexed: Bool = true) {
      (self.file, self.encoder, self.options, self.isIndexed) = (file, encoder, options, isIndexed)
    }
    var testDescription: String { "\(file) \(encoder) \(options)" }
  }

  static let x264 = "-pix_fmt yuv420p -threads 1 -g 12 -x264-params"
  static let x265 =
    "-preset superfast -pix_fmt yuv420p -x265-params log-level=none:pools=1:keyint=12:min-keyint=12"
  static let kinds = [
    Kind("pyramid.mp4", "libx264", "\(x264) bframes=5:b-pyramid=normal:weightp=2:ref=4:b-adapt=0"),
    Kind("strict.mkv", "libx264", "\(x264) bframes=3:b-pyramid=strict:scenecut=0"),
    Kind("open.mp4", "libx264", "\(x264) bframes=3:open-gop=1:b-adapt=0"),
    Kind("none.mp4", "libx264", "\(x264) bframes=0:ref=3"),
    Kind("intra.mp4", "libx264", "-pix_fmt yuv420p -threads 1 -g 1"),
    Kind("long.ts", "libx264", "-pix_fmt yuv420p -threads 1 -g 250 -bf 3"),
    Kind("many.ts", "libx264", "\(x264) bframes=3:repeat-headers=1"),
    Kind("fragments.mp4", "libx264", "\(x264) bframes=3 -movflags frag_keyframe+empty_moov"),
    Kind("variable.mkv", "libx264", "\(x264) bframes=3 -vf select='lt(mod(n\\,7)\\,3)' -fps_mode vfr"),
    Kind("refresh.mp4", "libx264", "\(x264) intra-refresh=1:bframes=2"),
    Kind("ten.mp4", "libx264", "-pix_fmt yuv420p10le -threads 1 -g 12 -bf 3"),
    Kind("slices.mp4", "libx264", "\(x264) bframes=3:slices=4"),
    Kind("444.mp4", "libx264", "-pix_fmt yuv444p -threads 1 -g 12", isIndexed: false),
    Kind("matrices.mp4", "libx264", "\(x264) bframes=3:cqm=jvt:tff=1"),
    Kind("fields.mp4", "libx264", "-pix_fmt yuv420p -threads 1 -g 12 -flags +ildct+ilme"),
    Kind("bare.h264", "libx264", "\(x264) bframes=3", isIndexed: false),
    Kind("b.avi", "libx264", "\(x264) bframes=3", isIndexed: false),
    Kind("open.mp4", "libx265", "\(x265):bframes=4:b-adapt=0"),
    Kind("closed.mkv", "libx265", "\(x265):bframes=3:open-gop=0:b-adapt=0"),
    Kind("layers.ts", "libx265", "\(x265):bframes=7:b-adapt=0:temporal-layers=1"),
    Kind("leading.mp4", "libx265", "\(x265):bframes=4:b-adapt=0:open-gop=0:radl=2"),
    Kind("fields.mp4", "libx265", "\(x265):bframes=3:field=1"),
    Kind("a.mp4", "mpeg4", "-bf 2 -g 12"),
    // The last packets of fragments have no duration.
    Kind(
      "dropped.mp4", "mpeg4",
      "-bf 2 -g 12 -vf select='not(eq(mod(n\\,5)\\,2))' -fps_mode passthrough -movflags frag_keyframe+empty_moov"
    ),
    Kind("closed.mkv", "mpeg4", "-bf 2 -g 12 -flags +cgop -sc_threshold 1000000000"),
    Kind("a.avi", "mpeg4", "-bf 0 -g 12", isIndexed: false),
    Kind("xvid.mp4", "libxvid", "-bf 2 -g 12", isIndexed: false),
    Kind("a.webm", "libvpx-vp9", "-cpu-used 8 -deadline realtime -g 12 -b:v 90k"),
    Kind("hidden.webm", "libvpx-vp9", "-cpu-used 5 -g 12 -lag-in-frames 16 -auto-alt-ref 1 -b:v 90k"),
    Kind("a.mkv", "libaom-av1", "-cpu-used 8 -usage realtime -g 12 -b:v 90k"),
    Kind("a.mp4", "libsvtav1", "-preset 12 -g 12"),
    Kind("a.webm", "libvpx", "-cpu-used 8 -deadline realtime -auto-alt-ref 1 -b:v 90k", isIndexed: false),
    Kind("a.mpg", "mpeg2video", "-bf 2", isIndexed: false),
  ]

  @Test(arguments: kinds.filter { Clip.encoders.contains($0.encoder) })
  func anyFramesAreThoseOfDecodingEverything(kind: Kind) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make(kind.file, frames: 50, "-c:v \(kind.encoder) \(kind.options)")
    let all = try VideoFile(path: path, decode: .all).allPictures()
    try compare(path, all, isIndexed: kind.isIndexed)
    let oneKey = ["long.ts", "refresh.mp4"].contains(kind.file)
    if kind.isIndexed { try compareKeyFrames(path, all, atLeast: oneKey ? 1 : 2) }
  }

  func compare(_ path: String, _ known: [Picture]? = nil, isIndexed: Bool?) throws {
    let all = try known ?? VideoFile(path: path, decode: .all).allPictures()
    var random = Random(state: UInt64(all.count))
    for threads in [1, 2] {
      let video = try VideoFile(path: path, threads: threads)
      if let isIndexed {
        #expect(video.isIndexed == isIndexed)
      }
      let (outline, info) = try (video.outline(), VideoFile(path: path, threads: threads).info())
      #expect(outline.frameCount == all.count && abs(outline.duration - info.duration) < 1e-9)
      for round in 0..<6 {
        // Few or many, and forward from the last ones or from anywhere.
        let part = Double.random(in: 0...1, using: &random)
        let from = round % 3 == 0 ? 0 : Int.random(in: 0..<all.count, using: &random)
        let indices = (from..<all.count).filter { _ in Double.random(in: 0...1, using: &random) < part * part
        }
        #expect(try video.pictures(indices) == indices.map { all[$0] }, "\(threads) threads, \(indices)")
      }
      for start in stride(from: 0, to: all.count, by: 9) {
        let some = Array(stride(from: start, to: min(start + 9, all.count), by: 2))
        #expect(try video.pictures(some) == some.map { all[$0] }, "\(threads) threads, \(some)")
      }
      var read: [Picture] = []
      var begun = 0
      let count = try VideoFile(path: path, threads: threads).readChosen {
        [$0 / 9, $0 / 2, $0 - 1].filter { $0 >= 0 }
      } begin: { _ in
        begun += 1
        read = []
      } emit: {
        read.append(Picture($0))
      }
      #expect(count == all.count)
      #expect(read == [count / 9, count / 2, count - 1].map { all[$0] })
      if isIndexed == true { #expect(begun == 1 && video.isIndexed) }
    }
  }

  /// Each answer is a frame of the video at its own time, the nearest of those that are answers.
  func compareKeyFrames(_ path: String, _ all: [Picture], atLeast least: Int) throws {
    for threads in [1, 2] {
      let video = try VideoFile(path: path, threads: threads, decode: .keyFrames)
      let found = try video.pictures(Array(all.indices))
      let shown = found.map { picture in all.firstIndex { $0.seconds == picture.seconds } ?? -1 }
      let keys = Set(shown)
      for (index, picture) in found.enumerated() {
        #expect(picture.index == index && picture.rgb == all[max(0, shown[index])].rgb)
        #expect(abs(shown[index] - index) == keys.map { abs($0 - index) }.min())
      }
      #expect(keys.contains(0) && keys.count >= least)
      // From a later one back to an earlier one, and on.
      for some in [[all.count - 1], [0, 1], [15, 30], [40]] {
        #expect(try video.pictures(some) == some.map { found[$0] })
      }
    }
  }

  static let hasH264 = Clip.encoders.contains("libx264")

  @Test(.enabled(if: hasH264, "needs an ffmpeg with libx264")) func editsOffsetsAndJoins() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let options = "-c:v libx264 \(Self.x264) bframes=3"
    _ = try folder.make("a.mp4", frames: 60, options)
    try compare(try folder.remake("edit.mp4", before: "-ss 0.7", from: "a.mp4", "-c copy"), isIndexed: nil)
    try compare(
      try folder.remake("late.ts", from: "a.mp4", "-c copy -output_ts_offset 1000"), isIndexed: true)
    // Other parameters half-way, and times that begin again.
    let small = try Data(contentsOf: URL(fileURLWithPath: folder.make("s.ts", frames: 20, options)))
    let other = try Data(
      contentsOf: URL(fileURLWithPath: folder.make("l.ts", size: "160x120", frames: 20, options)))
    try compare(try folder.write("both.ts", small + other), isIndexed: false)
  }

  @Test(arguments: ["digits_bframes.mp4", "digits_vfr_stream.mkv", "digits_hidden.webm", "quadrants.mp4"])
  func fixtures(name: String) throws { try compare(Clip.fixture(name), isIndexed: nil) }
}
