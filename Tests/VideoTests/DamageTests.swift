import Foundation
import Glibc
import Testing
import Video

/// Damaged videos give what decodes, the same with any number of threads, and nothing is printed.
@Suite struct DamageTests {
  @Test func aFileCutShortGivesTheFramesBeforeTheCut() throws {
    let whole = try Clip.bytes("digits_bframes.mp4")
    for part in [0.65, 0.8, 0.95] {
      let cut = Array(whole.prefix(Int(Double(whole.count) * part)))
      try cut.withUnsafeBytes { bytes in
        let video = try VideoFile(bytes: bytes, threads: 4)
        // The index tells how many there were.
        let outline = try video.outline()
        #expect(outline.damagedFrames ?? 0 >= 60 - outline.frameCount)
        let pictures = try video.allPictures()
        #expect(pictures.count > 5 && pictures.count < 60)
        #expect(try video.info().damagedFrames ?? 0 >= 60 - pictures.count)
        // The packet at the cut may hold half a picture.
        let sound = pictures.prefix { !$0.isDamaged }.dropLast(6)
        #expect(sound.map(\.digits) == Array(0..<sound.count))
      }
    }
  }

  @Test func garbageInTheMiddleIsPassedOver() throws {
    var bytes = try Clip.bytes("digits_bframes.mp4")
    var random = Random(state: 9)
    let middle = bytes.count / 2
    for place in middle..<middle + 150 { bytes[place] = .random(in: 0...255, using: &random) }
    try bytes.withUnsafeBytes { bytes in
      let video = try VideoFile(bytes: bytes, threads: 4)
      let info = try video.info()
      #expect(info.frameCount > 40 && info.frameCount <= 60)
      let digits = try video.allPictures().map(\.digits)
      #expect(digits.prefix(5) == [0, 1, 2, 3, 4])
      #expect(digits.suffix(5) == [55, 56, 57, 58, 59])
    }
  }

  /// Flipped bits, lost and inserted pieces, cuts, broken headers.
  static func damaged(_ bytes: [UInt8], _ random: inout Random) -> [UInt8] {
    var bytes = bytes
    let place = Int.random(in: 0..<bytes.count, using: &random)
    let length = min(Int.random(in: 1...400, using: &random), bytes.count - place)
    switch Int.random(in: 0..<5, using: &random) {
    case 0: bytes.removeSubrange(place...)
    case 1: bytes.removeSubrange(place..<place + length)
    case 2: bytes.insert(contentsOf: bytes[place..<place + length], at: bytes.count / 2)
    case 3:
      for place in place..<place + length { bytes[place] = .random(in: 0...255, using: &random) }
    default:
      for _ in 0..<8 {
        bytes[Int.random(in: 0..<bytes.count, using: &random)] ^= 1 << UInt8.random(in: 0..<8, using: &random)
      }
    }
    return bytes
  }

  @Test(arguments: [
    "digits_bframes.mp4", "digits_vfr_stream.mkv", "digits_hidden.webm", "quadrants.mp4",
  ])
  func threadsDoNotChangeDamagedVideos(clip: String) throws {
    let whole = try Clip.bytes(clip)
    var random = Random(state: 3)
    for _ in 0..<60 {
      let bytes = Self.damaged(whole, &random)
      bytes.withUnsafeBytes { bytes in
        let one = VideoFile.outcome { try VideoFile(bytes: bytes, threads: 1) }
        let three = VideoFile.outcome { try VideoFile(bytes: bytes, threads: 3) }
        #expect(one == three)
      }
    }
  }

  /// With several frames at once dav1d gave 24 frames of this, with one 1.
  @Test func threadsDoNotForgetDamage() throws {
    let outcomes = try Clip.bytes("damaged_av1.mkv").withUnsafeBytes { bytes in
      (1...4).map { threads in
        VideoFile.outcome { try VideoFile(bytes: bytes, threads: threads, decode: .all) }
      }
    }
    #expect(Set(outcomes).count == 1, "\(outcomes)")
  }

  /// Threads are given packets further ahead. What is wrong with those must not change what is read before.
  @Test func threadsDoNotChangeWhatIsReadBeforeTheDamage() throws {
    let damaged = try Clip.bytes("damaged_ahead.ts")
    let one = try damaged.withUnsafeBytes { try Self.steps($0, threads: 1) }
    for threads in 2...4 {
      #expect(try damaged.withUnsafeBytes { try Self.steps($0, threads: threads) } == one)
    }
    var random = Random(state: 23)
    for clip in ["digits_bframes.mp4", "digits_vfr_stream.mkv", "damaged_ahead.ts"] {
      let whole = try Clip.bytes(clip)
      for _ in 0..<40 {
        Self.damaged(whole, &random).withUnsafeBytes { bytes in
          let one = try? Self.steps(bytes, threads: 1)
          for threads in [2, 4] { #expect((try? Self.steps(bytes, threads: threads)) == one) }
        }
      }
    }
  }

  /// The number of frames, and a few of them: forward, in a new video, and by choice.
  static func steps(_ bytes: UnsafeRawBufferPointer, threads: Int) throws -> [Picture] {
    let video = try VideoFile(bytes: bytes, threads: threads)
    let count = try video.outline().frameCount
    var read: [Picture] = []
    for index in Set([min(3, count - 1), count / 2, count - 1]).sorted() {
      read += try video.pictures([index])
    }
    var chosen: [Picture] = []
    try VideoFile(bytes: bytes, threads: threads).readChosen {
      Set([$0 / 10, $0 / 3, $0 * 4 / 5]).sorted()
    } begin: { _ in
      chosen = []
    } emit: {
      chosen.append(Picture($0))
    }
    return read + chosen
  }

  /// Where everything is wanted, everything is decoded, and damage is met as ever.
  @Test(arguments: ["digits_bframes.mp4", "digits_vfr_stream.mkv", "quadrants.mp4"])
  func readingAllFramesOfADamagedVideoIsAsDecodingAll(clip: String) throws {
    let whole = try Clip.bytes(clip)
    var random = Random(state: 11)
    for _ in 0..<40 {
      let bytes = Self.damaged(whole, &random)
      try bytes.withUnsafeBytes { bytes in
        guard let all = try? VideoFile(bytes: bytes, decode: .all).allPictures() else { return }
        for threads in [1, 3] {
          let video = try VideoFile(bytes: bytes, threads: threads)
          var found: [Picture] = []
          try video.readChosen {
            Array(0..<$0)
          } begin: { _ in
            found = []
          } emit: {
            found.append(Picture($0))
          }
          #expect(found == all)
          // And of a few frames, each is a frame of the video or what decoding everything gives for it.
          let few = try VideoFile(bytes: bytes, threads: threads)
          let count = try few.outline().frameCount
          let some = Set((0..<3).map { _ in Int.random(in: 0..<count, using: &random) }).sorted()
          if let last = some.last, last < all.count { #expect(try few.pictures(some).map(\.index) == some) }
        }
      }
    }
  }

  @Test func nothingIsPrinted() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let log = open(folder.path("stderr"), O_CREAT | O_RDWR | O_TRUNC, 0o600)
    try #require(log >= 0)
    let usual = dup(2)
    dup2(log, 2)
    var random = Random(state: 5)
    for clip in ["digits_bframes.mp4", "digits_vfr_stream.mkv", "digits_hidden.webm"] {
      for _ in 0..<20 {
        let bytes = Self.damaged(try Clip.bytes(clip), &random)
        bytes.withUnsafeBytes { bytes in
          _ = VideoFile.outcome { try VideoFile(bytes: bytes, threads: 2) }
        }
      }
    }
    dup2(usual, 2)
    close(usual)
    close(log)
    // The tests that run beside this one may print; FFmpeg signs its lines with an address.
    let printed = try String(contentsOfFile: folder.path("stderr"), encoding: .utf8)
    #expect(!printed.contains(" @ 0x"), "\(printed)")
  }
}
