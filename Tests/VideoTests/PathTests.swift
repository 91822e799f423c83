import System
import Glibc
import Testing
import Video

/// Only files are read; what was given instead is named, and what to do, and no secret is repeated.
@Suite struct PathTests {
  func message(_ path: String) -> String {
    do {
      _ = try VideoFile(path: path)
      return "opened"
    } catch {
      #expect(error.kind == .fileOpen)
      return error.message
    }
  }

  @Test(arguments: [
    ("http://example.org/a.mp4", "video http://example.org/a.mp4 is an address"),
    ("https://example.org/v?id=7&token=hidden", "video https://example.org/v?*** is an address"),
    ("https://example.org:8443/v#t=hidden?x=hidden", "video https://example.org:8443/v#*** is an address"),
    ("rtsp://admin:hidden@10.0.0.7:554/live", "video rtsp://***@10.0.0.7:554/live is an address"),
    ("rtsp://admin:hid@den@10.0.0.7/live", "video rtsp://***@10.0.0.7/live is an address"),
    ("rtsp://admin:hidden/half@10.0.0.7/live", "video rtsp://***@10.0.0.7/live is an address"),
    ("rtsp://hidden@camera", "video rtsp://***@camera is an address"),
    ("https://example.org/@user/film", "video https://example.org/@user/film is an address"),
    (
      "cache:https://me:hidden@example.org/a?k=hidden",
      "video cache:https://***@example.org/a?*** is an address"
    ),
    ("s3://bucket/film.mp4", "video s3://bucket/film.mp4 is an address"),
    ("pipe:0", "video pipe:0 is an address"),
    ("-", "video - would be the standard input"),
  ])
  func addressesAreNamed(path: String, beginning: String) {
    let said = message(path)
    #expect(said.hasPrefix(beginning + (path == "-" ? "" : ", and only files are read")), "\(said)")
    #expect(!said.contains("hidden"))
    #expect(said.contains("only files are read") && said.contains("read it into memory"))
  }

  @Test func aLongAddressIsCutWithoutItsPassword() {
    let password = String(repeating: "hidden", count: 2000)
    #expect(!message("rtsp://admin:\(password)@camera/live").contains("hidden"))
    #expect(!message("rtsp://camera/live?\(password)").contains("hidden"))
    #expect(message(String(repeating: "a", count: 9000)).utf8.count < 600)
  }

  @Test func whatIsThereButIsNoFile() throws {
    let folder = try Folder()
    defer { folder.remove() }
    #expect(
      message(folder.path("")).contains(
        "is a folder, and no frames are in it, such as img_00001.jpg: give the path of a video"))
    #expect(message("/dev/null").contains("is a device, not a regular file: give the frames of a camera"))
    #expect(mkfifo(folder.path("fifo"), 0o600) == 0)
    #expect(
      message(folder.path("fifo")).contains("is a pipe, not a regular file: save what comes from it first"))
    // As the shell's <(cat video.mp4) has it.
    var ends: [Int32] = [-1, -1]
    try #require(pipe(&ends) == 0)
    defer { for end in ends { close(end) } }
    #expect(message("/dev/fd/\(ends[0])").contains("is a pipe, not a regular file"))
  }

  @Test func controlsAndTurnedTextNeverReachAMessage() throws {
    let folder = try Folder()
    defer { folder.remove() }
    // C0, DEL, C1 (NEL, CSI), line separators, overrides and isolates of direction, marks, and bytes that are no UTF-8.
    let odd = "a\u{1}\n\u{1B}[31m\u{7F}\u{85}\u{9B}\u{2028}\u{202E}gpm.4\u{2066}\u{200F}\u{61C}b"
    let name = folder.path(odd)
    let bytes = Array(name.utf8) + [0xC0, 0xFF, 0]
    let said = try bytes.withUnsafeBufferPointer { buffer in
      let error = #expect(throws: Failure.self) {
        try buffer.withMemoryRebound(to: CChar.self) { (path) throws in
          _ = try VideoFile(path: FilePath(try #require(path.baseAddress)))
        }
      }
      return try #require(error).message
    }
    for scalar in said.unicodeScalars {
      switch scalar.properties.generalCategory {
      case .control, .format, .lineSeparator, .paragraphSeparator: Issue.record("\(scalar.value)")
      default: break
      }
    }
    #expect(said.contains("a???[31m") && said.hasSuffix("no such file"))
  }
}
