import System
import Foundation
import Glibc
import Testing
import Video

/// A file that changes after it was opened is an error from then on, never a video with fewer frames.
@Suite struct ChangedFileTests {
  enum Change: CaseIterable { case cut, emptied, rewritten, grown }

  func change(_ path: String, _ how: Change) throws {
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    switch how {
    case .cut: try handle.truncate(atOffset: 9000)
    case .emptied: try handle.truncate(atOffset: 0)
    case .rewritten:
      try handle.seek(toOffset: 9000)
      try handle.write(contentsOf: Data(repeating: 0, count: 3000))
    case .grown:
      try handle.seekToEnd()
      try handle.write(contentsOf: Data(repeating: 0, count: 100))
    }
    try handle.close()
  }

  @Test(arguments: Change.allCases, [DecodeChoice.needed, .all])
  func everyLaterCallSaysSo(how: Change, decode: DecodeChoice) throws {
    let folder = try Folder()
    defer { folder.remove() }
    for known in [false, true] {
      let path = try folder.write("clip.mp4", Clip.bytes("digits_bframes.mp4"))
      let video = try VideoFile(path: path, decode: decode)
      if known { _ = try video.outline() }
      try change(path, how)
      let calls: [() throws -> Void] = [
        { _ = try video.outline() }, { _ = try video.info() }, { _ = try video.pictures([0]) },
        { _ = try video.pictures([59]) },
        { try video.readChosen(choose: { [$0 - 1] }, begin: { _ in }, emit: { _ in }) },
      ]
      for call in calls {
        let error = #expect(throws: (any Error).self) { try call() }
        let reason =
          if let error = error as? VideoReadError<Never>, case .video(let inner) = error { inner } else {
            error as? Failure
          }
        #expect(reason?.kind == .fileRead, "\(String(describing: error))")
        #expect(reason?.message.contains("was changed after it was opened") == true)
      }
    }
  }

  @Test func oneThatIsRenamedOverOrUnlinkedIsReadAsItWas() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.write("clip.mp4", Clip.bytes("digits_bframes.mp4"))
    let video = try VideoFile(path: path)
    let other = try folder.write("other.mp4", Clip.bytes("quadrants.mp4"))
    #expect(rename(other, path) == 0)
    #expect(try video.pictures([0, 59]).map(\.digits) == [0, 59])
    #expect(try video.info().frameCount == 60)
  }

  /// Cut while frames are being read: the clip's bytes come in pieces of 32 KB.
  @Test func aFileCutWhileItIsReadIsAnErrorToo() throws {
    let folder = try Folder()
    defer { folder.remove() }
    var long = try Clip.bytes("digits_vfr_stream.mkv")
    try #require(long.count > 0)
    let path = try folder.write("clip.mkv", long)
    long.removeLast(long.count / 4)
    let video = try VideoFile(path: path, decode: .all)
    let count = try VideoFile(path: path).info().frameCount
    try folder.write("clip.mkv", long)  // in place: the same file
    #expect(throws: VideoReadError<Never>.self) {
      try video.readFrames([0, count - 1], begin: {}) { (_: VideoFrame) throws(Never) in }
    }
  }
}
