import Testing
import Video

/// Frame k is frame k: the clips show their own frame numbers.
@Suite struct FrameExactTests {
  @Test(arguments: ["digits_bframes.mp4", "digits_hidden.webm"], [1, 2, 4])
  func everyFrameShowsItsNumber(clip: String, threads: Int) throws {
    let video = try VideoFile(path: Clip.fixture(clip), threads: threads)
    let info = try video.info()
    #expect(info.frameCount == 60)
    #expect(info.damagedFrames == 0)
    #expect(abs(info.duration - 2.4) < 1e-6)
    #expect(abs(info.averageFrameRate - 25) < 1e-3)
    let pictures = try video.allPictures()
    #expect(pictures.map(\.digits) == Array(0..<60))
    for picture in pictures { #expect(abs(picture.seconds - Double(picture.index) / 25) < 1e-3) }
  }

  @Test func framesAreFoundInAnyPattern() throws {
    let video = try VideoFile(path: Clip.fixture("digits_bframes.mp4"), threads: 2)
    for indices in [[0], [59], [7, 8, 9], [3, 17, 40], [41], [40], [0, 59], []] {
      let pictures = try video.pictures(indices)
      #expect(pictures.map(\.digits) == indices)
      #expect(pictures.map(\.index) == indices)
    }
  }

  @Test func variableFrameRateKeepsEveryFramesTime() throws {
    // From a pipe: no count, no duration; and the first timestamp is 5 s.
    let video = try VideoFile(path: Clip.fixture("digits_vfr_stream.mkv"))
    let info = try video.info()
    let shown = (0..<73).filter { $0 % 7 < 3 || $0 % 11 == 0 }
    let pictures = try video.allPictures()
    #expect(info.frameCount == shown.count)
    #expect(pictures.map(\.digits) == shown)
    for picture in pictures {
      #expect(abs(picture.seconds - Double(picture.digits) / 25) < 0.0015)  // Matroska counts in ms
    }
    #expect(abs(info.duration - 2.92) < 0.05)
    #expect(abs(info.averageFrameRate - Double(shown.count) / info.duration) < 1e-9)
  }

  @Test(arguments: ["digits_bframes.mp4", "digits_vfr_stream.mkv", "digits_hidden.webm"])
  func memoryGivesWhatTheFileGives(clip: String) throws {
    let bytes = try Clip.bytes(clip)
    let fromFile = try VideoFile(path: Clip.fixture(clip)).allPictures()
    let fromMemory = try bytes.withUnsafeBytes { try VideoFile(bytes: $0, threads: 2).allPictures() }
    #expect(fromFile == fromMemory)
  }

  static func uniform(_ count: Int) -> [Int] { (0..<8).map { $0 * count / 8 + count / 16 } }

  @Test(arguments: [
    ("digits_bframes.mp4", 60, 1), ("digits_vfr_stream.mkv", 37, 1),
    // Hidden frames are packets too, so the first guess is wrong.
    ("digits_hidden.webm", 60, 2),
  ])
  func choiceIsThatOfTheExactCount(clip: String, count: Int, passes: Int) throws {
    let video = try VideoFile(path: Clip.fixture(clip), threads: 2)
    var begun: [[Int]] = []
    var read: [Picture] = []
    let found = try video.readChosen(choose: Self.uniform) { indices in
      begun.append(indices)
      read = []
    } emit: {
      read.append(Picture($0))
    }
    #expect(found == count)
    #expect(begun.count == passes)
    #expect(begun.last == Self.uniform(count))
    let exact = try VideoFile(path: Clip.fixture(clip)).pictures(Self.uniform(count))
    #expect(read == exact)

    // With the count known there is no guess.
    begun = []
    read = []
    try video.readChosen(choose: Self.uniform) {
      begun.append($0)
    } emit: {
      read.append(Picture($0))
    }
    #expect(begun == [Self.uniform(count)])
    #expect(read.map(\.index) == Self.uniform(count))
  }

  /// The display matrix of the header turns and mirrors; what it does follows from its definition:
  /// a stored point (x, y) is shown at (ax + cy, bx + dy).
  @Test(arguments: [
    (1, 0, 0, 1, 0), (0, 1, -1, 0, 90), (-1, 0, 0, -1, 180), (0, -1, 1, 0, 270),
    (-1, 0, 0, 1, 0), (1, 0, 0, -1, 0), (0, 1, 1, 0, 90), (0, -1, -1, 0, 270),
  ])
  func everyOrientationIsTurnedUpright(a: Int, b: Int, c: Int, d: Int, rotation: Int) throws {
    var bytes = try Clip.bytes("quadrants.mp4")
    let name = Array("tkhd".utf8)
    let header = try #require((0..<bytes.count - 4).first { Array(bytes[$0..<$0 + 4]) == name })
    let matrix = header + 4 + 40  // version 0: 40 bytes of other fields
    for (place, value) in [(0, a), (1, b), (3, c), (4, d)] {
      let fixed = UInt32(bitPattern: Int32(value * 65536))
      for byte in 0..<4 {
        bytes[matrix + place * 4 + byte] = UInt8(truncatingIfNeeded: fixed >> (24 - 8 * byte))
      }
    }
    try bytes.withUnsafeBytes { bytes in
      let video = try VideoFile(bytes: bytes)
      #expect(video.rotation == rotation)
      #expect(video.isMirrored == (a * d - b * c < 0))
      #expect(video.width == (a == 0 ? 48 : 64))
      #expect(video.height == (a == 0 ? 64 : 48))
      let picture = try #require(try video.pictures([1]).first)
      let stored = [
        (-1, -1, [true, false, false]), (1, -1, [false, true, false]),
        (-1, 1, [false, false, true]), (1, 1, [true, true, true]),
      ]
      for (x, y, colour) in stored {
        let column = video.width / 2 + (a * x + c * y) * video.width / 4
        let row = video.height / 2 + (b * x + d * y) * video.height / 4
        #expect(picture.colour(column, row) == colour)
      }
    }
  }
}
