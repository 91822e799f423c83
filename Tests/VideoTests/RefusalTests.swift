import System
import Foundation
import Glibc
import Testing
import Video

/// Files that are no video, or must not be opened as one, are refused with a reason.
@Suite struct RefusalTests {
  func failure(_ path: String, threads: Int = 1, maxPixels: Int = 1 << 25) -> Failure? {
    do {
      _ = try VideoFile(path: path, threads: threads, maxPixels: maxPixels)
      return nil
    } catch { return error }
  }

  @Test func whatIsNoRegularFile() throws {
    let folder = try Folder()
    defer { folder.remove() }
    #expect(failure(folder.path("missing.mp4"))?.kind == .fileOpen)
    #expect(failure(folder.path("missing.mp4"))?.message.hasSuffix("no such file") == true)
    // A folder may have numbered pictures; this one has none.
    #expect(failure(folder.url.path)?.kind == .fileOpen)
    #expect(failure(folder.url.path)?.message.contains("no frames are in it") == true)
    #expect(failure("/dev/zero")?.kind == .fileOpen)
    // A FIFO without a writer would block an ordinary open for ever.
    #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
    #expect(failure(folder.path("fifo"))?.kind == .fileOpen)
    #expect(symlink(folder.path("loop"), folder.path("loop")) == 0)
    #expect(failure(folder.path("loop"))?.kind == .fileOpen)
  }

  @Test func whatIsNoVideo() throws {
    let folder = try Folder()
    defer { folder.remove() }
    #expect(failure(try folder.write("empty.mp4", []))?.kind == .invalidVideo)
    let text = try folder.write("text.mp4", "nothing to see here\n".utf8)
    #expect(failure(text)?.kind == .invalidVideo)
    #expect(failure(text)?.message.contains(text) == true)
    var random = Random(state: 1)
    let noise = (0..<50_000).map { _ in UInt8.random(in: 0...255, using: &random) }
    #expect(failure(try folder.write("noise.mp4", noise))?.kind == .invalidVideo)
    // The beginning of a video without its frames.
    let header = try Clip.bytes("digits_bframes.mp4").prefix(1500)
    #expect(failure(try folder.write("header.mp4", header)) != nil)
    #expect(throws: Failure.self) { try VideoFile(bytes: UnsafeRawBufferPointer(start: nil, count: 0)) }
  }

  @Test(arguments: [
    ("list.m3u8", "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nreal.mp4\n#EXT-X-ENDLIST\n"),
    ("list.ffconcat", "ffconcat version 1.0\nfile real.mp4\n"),
    ("list.sdp", "v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=video 5004 RTP/AVP 96\n"),
    (
      "list.mpd",
      "<?xml version=\"1.0\"?><MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" "
        + "profiles=\"urn:mpeg:dash:profile:isoff-on-demand:2011\"><Period/></MPD>"
    ),
  ])
  func playlistsOpenNothing(name: String, text: String) throws {
    let folder = try Folder()
    defer { folder.remove() }
    try folder.write("real.mp4", Clip.bytes("digits_bframes.mp4"))
    let error = try #require(failure(try folder.write(name, text.utf8)))
    #expect(error.kind == .invalidVideo)
    #expect(error.message.contains("refers to other files"))
  }

  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) func soundWithoutPictures() throws {
    let folder = try Folder()
    defer { folder.remove() }
    try Clip.run(["-v", "quiet", "-f", "lavfi", "-i", "sine=d=0.2", "sound.wav"], in: folder.url)
    let error = try #require(failure(folder.path("sound.wav")))
    #expect(error.kind == .invalidVideo)
    #expect(error.message.contains("is of format wav, from which no video is read"))
  }

  @Test func argumentsOutOfRange() throws {
    let path = Clip.fixture("digits_bframes.mp4")
    #expect(failure(path, threads: 0)?.kind == .invalidArgument)
    #expect(failure(path, threads: .min)?.kind == .invalidArgument)
    #expect(failure(path, threads: .max) == nil)
    #expect(failure(path, maxPixels: 0)?.kind == .invalidArgument)
    #expect(failure(path, maxPixels: 64 * 48 - 1)?.kind == .limit)
    #expect(failure(path, maxPixels: 64 * 48) == nil)
    #expect(failure(path, maxPixels: .max) == nil)

    let video = try VideoFile(path: path)
    for indices in [[-1], [3, 3], [4, 2], [60], [0, 1_000_000], [Int.max], [Int.min]] {
      // Before the number of frames is known, and after.
      for _ in 0..<2 {
        do {
          try video.readFrames(indices) {
          } emit: { _ in
          }
          Issue.record("\(indices) were read")
        } catch {
          guard case .video(let error) = error else { continue }
          #expect(error.kind == .invalidArgument)
        }
      }
    }
    #expect(try video.pictures([5]).map(\.digits) == [5])
  }

  @Test func theTakersErrorComesBack() throws {
    struct Enough: Error, Equatable { let index: Int }
    let video = try VideoFile(path: Clip.fixture("digits_bframes.mp4"))
    do {
      try video.readFrames([1, 4, 9]) {
      } emit: { (frame) throws(Enough) in
        if frame.index == 4 { throw Enough(index: frame.index) }
      }
      Issue.record("the error was lost")
    } catch {
      guard case .emit(let enough) = error else { throw error }
      #expect(enough == Enough(index: 4))
    }
    #expect(try video.pictures([4, 9]).map(\.digits) == [4, 9])
  }
}
