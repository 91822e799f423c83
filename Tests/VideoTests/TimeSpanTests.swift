import Foundation
import System
import Testing
import Video

/// A part of a video, by times.
@Suite struct TimeSpanTests {
  /// The frames whose times are in the span, by definition, in a clip of uneven times, for every way of decoding.
  @Test(
    .enabled(if: Clip.encoders.contains("libx264"), "needs an ffmpeg with libx264"),
    arguments: [
      "-bf 2 -g 12", "-bf 2 -g 12 -vf select='lt(mod(n\\,7)\\,3)' -fps_mode vfr",
    ])
  func framesAreThoseThatBeginInIt(options: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("a.mkv", frames: 50, "-c:v libx264 -pix_fmt yuv420p \(options)")
    let pictures = try VideoFile(path: path, decode: .all).allPictures()
    let times = pictures.map { ($0.seconds * 1000).rounded() }
    for decode in [DecodeChoice.needed, .all, .keyFrames] {
      let file = try VideoFile(path: path, decode: decode)
      for start in stride(from: 0, to: 1700, by: 170) {
        for length in [10, 90, 400, 5000] {
          let span = try TimeSpan(from: Double(start) / 1000, to: Double(start + length) / 1000)
          let inside = times.indices.filter {
            times[$0] >= Double(start) && times[$0] < Double(start + length)
          }
          let shown = times.lastIndex { $0 < Double(start) } ?? 0
          #expect(
            try Array(file.frames(in: span)) == (inside.isEmpty ? [shown] : inside), "\(span) \(decode)")
        }
      }
    }
  }

  /// Searches keep the times that they find: once a video was searched to its end, its bytes are not needed for more.
  @Test(
    .enabled(if: Clip.encoders.isSuperset(of: ["libx264", "ffv1"]), "needs an ffmpeg with libx264 and ffv1"),
    arguments: ["-c:v libx264 -pix_fmt yuv420p", "-c:v ffv1"])
  func manySearchesReadOnce(options: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("a.mkv", frames: 50, options)
    var bytes = try [UInt8](Data(contentsOf: URL(fileURLWithPath: path)))
    try bytes.withUnsafeMutableBytes { bytes in
      let file = try VideoFile(bytes: UnsafeRawBufferPointer(bytes))
      #expect(file.isIndexed == !options.contains("ffv1"))
      #expect(try file.frames(in: TimeSpan(from: 0, to: .infinity)) == 0..<50)
      bytes.initializeMemory(as: UInt8.self, repeating: 0)
      for first in 0..<50 {
        let start = Double(first) / 25
        #expect(try file.frames(in: TimeSpan(from: start, to: .infinity)) == first..<50)
        #expect(try file.frames(in: TimeSpan(from: start, to: start + 0.08)) == first..<min(first + 2, 50))
      }
      #expect(throws: Failure.self) { try file.frames(in: TimeSpan(from: 2.1, to: 3)) }
    }
  }

  /// A search that went part of the way goes on from there.
  @Test(.enabled(if: Clip.encoders.contains("ffv1"), "needs an ffmpeg with ffv1"))
  func searchesGoOn() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let file = try VideoFile(path: folder.make("a.mkv", frames: 50, "-c:v ffv1"))
    for (start, end) in [(10, 12), (5, 6), (30, 31), (11, 13), (49, 60), (0, 1)] {
      let span = try TimeSpan(from: Double(start) / 25, to: Double(end) / 25)
      #expect(try file.frames(in: span) == start..<min(end, 50))
      let pictures = try chosen(of: file, span)
      #expect(pictures.map(\.index).first == start)
    }
  }

  /// Where decoding finds that packets promised too much, a part has the frames that it has when all are decoded.
  @Test(.enabled(if: Clip.encoders.contains("libx264"), "needs an ffmpeg with libx264"))
  func damageThatCostsFrames() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("a.mkv", frames: 75, "-c:v libx264 -pix_fmt yuv420p -g 12 -bf 2")
    let sound = try Data(contentsOf: URL(fileURLWithPath: path))
    let span = try TimeSpan(from: 1.7, to: 2.5)
    var random = Random(state: 5)
    var mistaken = 0
    for seed in 0..<24 {
      var bytes = sound
      for _ in 0..<12 { bytes[Int.random(in: sound.count / 3..<sound.count, using: &random)] ^= 0x55 }
      let damaged = try folder.write("damaged\(seed).mkv", bytes)
      guard let needed = try? VideoFile(path: damaged), needed.isIndexed,
        let found = try? chosen(of: needed, span), !needed.isIndexed
      else { continue }
      mistaken += 1
      #expect(try chosen(of: VideoFile(path: damaged, decode: .all), span) == found, "\(seed)")
    }
    #expect(mistaken > 0)
  }

  /// The frames at both ends of a part and in its middle.
  private func chosen(of file: VideoFile, _ span: TimeSpan) throws -> [Picture] {
    var found: [Picture] = []
    try file.readChosen(in: span) { count in
      Set([0, count / 2, count - 1]).sorted()
    } begin: {
      found = []
    } emit: { (frame) throws(Never) in
      found.append(Picture(frame))
    }
    return found
  }

  @Test(
    arguments: [(-1, 1), (.nan, 1), (.infinity, .infinity), (1, 1), (2, 1), (0, .nan)] as [(Double, Double)])
  func timesThatAreNone(start: Double, end: Double) {
    #expect(throws: Failure.self) { try TimeSpan(from: start, to: end) }
  }
}
