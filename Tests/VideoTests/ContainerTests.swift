import System
import Foundation
import Testing
import Video

/// A container's claims are held against its bytes before FFmpeg builds tables from it; what cannot be decoded says
/// why. Tests/faults/container_bombs.py has the files that claim the most, with their time and memory.
@Suite struct ContainerTests {
  func failure(_ bytes: [UInt8]) -> Failure? {
    bytes.withUnsafeBytes { bytes in
      do throws(Failure) {
        _ = try VideoFile(bytes: bytes).info()
        return nil
      } catch { return error }
    }
  }

  /// Where the box or whatever else has these four letters begins, after them.
  func place(_ name: String, in bytes: [UInt8], from start: Int = 0) -> Int? {
    let letters = Array(name.utf8)
    return (start..<max(start, bytes.count - 4)).first { bytes[$0..<$0 + 4].elementsEqual(letters) }.map {
      $0 + 4
    }
  }

  func big(_ value: UInt32) -> [UInt8] { [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: value >> $0) } }

  func set(_ value: UInt32, in bytes: inout [UInt8], at place: Int) {
    bytes.replaceSubrange(place..<place + 4, with: big(value))
  }

  @Test(arguments: [
    ("stts", 4), ("ctts", 4), ("stsz", 8), ("stco", 4), ("stsc", 4), ("stss", 4), ("elst", 4),
  ])
  func aTableThatClaimsMoreThanItsBox(table: String, count: Int) throws {
    var bytes = try Clip.bytes("digits_bframes.mp4")
    let at = try #require(place(table, in: bytes)) + count
    set(1 << 28, in: &bytes, at: at)
    let error = try #require(failure(bytes))
    #expect(error.kind == .invalidVideo)
    #expect(
      error.message.contains("its \(table) table claims 268435456 entries, which its \(bytes.count) bytes"))
  }

  @Test func samplesThatNoTableHasToList() throws {
    var bytes = try Clip.bytes("digits_bframes.mp4")
    // Every sample of 30 bytes, and very many of them.
    let sizes = try #require(place("stsz", in: bytes))
    set(30, in: &bytes, at: sizes + 4)
    set(100_000_000, in: &bytes, at: sizes + 8)
    #expect(failure(bytes)?.message.contains("its tracks claim 100000000 samples and more") == true)
    // One run of time for all of them.
    bytes = try Clip.bytes("digits_bframes.mp4")
    set(UInt32.max, in: &bytes, at: try #require(place("stts", in: bytes)) + 8)
    #expect(failure(bytes)?.message.contains("its stts table claims 4294967295 samples and more") == true)
  }

  @Test func aRecordingThatWasNotClosedSaysSo() throws {
    let bytes = try Clip.bytes("digits_bframes.mp4")
    let index = try #require(place("moov", in: bytes)) - 8
    let data = try #require(place("mdat", in: bytes)) - 8
    let (head, media) =
      index < data ? (bytes[..<index], bytes[data...]) : (bytes[..<data], bytes[data..<index])
    for tail in [[], [UInt8](repeating: 0, count: 5000)] {
      let error = try #require(failure(head + media + tail))
      #expect(error.kind == .invalidVideo)
      for part in ["has no index (moov)", "the recording was not closed", "untrunc"] {
        #expect(error.message.contains(part), "\(error.message)")
      }
    }
    #expect(failure(Array(head))?.message.contains("ends before any video") == true)
    // Cut inside the index.
    let cut = Array(head) + media + bytes[index..<index + 300]
    #expect(failure(cut)?.message.contains("is cut short inside its index (moov)") == true)
  }

  @Test func encryptedVideosSaySo() throws {
    // Common Encryption marks the sample description: its own name moves into another box.
    var bytes = try Clip.bytes("digits_bframes.mp4")
    let descriptions = try #require(place("stsd", in: bytes))
    let entry = try #require(place("avc1", in: bytes, from: descriptions))
    bytes.replaceSubrange(entry - 4..<entry, with: Array("encv".utf8))
    let error = try #require(failure(bytes))
    #expect(
      error.kind == .invalidVideo
        && error.message.contains("is encrypted: it cannot be decoded without its key"))
  }

  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) func soAreThoseThatTheProgramEncrypts()
    throws
  {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make(
      "cenc.mp4",
      "-c:v mpeg4 -encryption_scheme cenc-aes-ctr -encryption_key 00112233445566778899aabbccddeeff "
        + "-encryption_kid 00112233445566778899aabbccddeeff")
    #expect(
      failure(Array(try Data(contentsOf: URL(fileURLWithPath: path))))?.message.contains("is encrypted")
        == true)
  }

  @Test func encryptedMatroskaSaysSo() throws {
    var bytes = try Clip.bytes("digits_vfr_stream.mkv")
    // Into the track: ContentEncodings { ContentEncoding { ContentEncodingType 1, ContentEncryption {} } }.
    let encodings: [UInt8] = [0x6D, 0x80, 0x8A, 0x62, 0x40, 0x87, 0x50, 0x33, 0x81, 0x01, 0x50, 0x35, 0x80]
    func matches(_ pattern: [UInt8], at place: Int) -> Bool { bytes[place...].starts(with: pattern) }
    // A track begins with its number.
    let track = try #require(
      (0..<bytes.count - 12).first { place in
        bytes[place] == 0xAE && (1...9).contains { matches([0xD7, 0x81], at: place + $0) }
      })
    let tracks = try #require((0..<track).last { matches([0x16, 0x54, 0xAE, 0x6B], at: $0) })
    let sizeSize = bytes[track + 1].leadingZeroBitCount + 1
    let body = track + 1 + sizeSize
    bytes.insert(contentsOf: encodings, at: body)
    func grow(at place: Int, by count: Int) {
      let size = bytes[place].leadingZeroBitCount + 1
      var value = bytes[place..<place + size].reduce(UInt64(0)) { $0 << 8 | UInt64($1) } + UInt64(count)
      for index in (0..<size).reversed() {
        bytes[place + index] = UInt8(truncatingIfNeeded: value)
        value >>= 8
      }
    }
    grow(at: track + 1, by: encodings.count)
    grow(at: tracks + 4, by: encodings.count)
    #expect(failure(bytes)?.message.contains("is encrypted") == true)
  }

  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program"), arguments: [0, 1])
  func scrambledTransportStreamsSaySo(isBluRay: Int) throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("a.m2ts", "-c:v mpeg4 -f mpegts -mpegts_m2ts_mode \(isBluRay)")
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    let (first, size) = isBluRay == 1 ? (4, 192) : (0, 188)
    var random = Random(state: 2)
    for packet in stride(from: first, to: bytes.count - size + first + 1, by: size) {
      // Tables stay in clear; what is after the head of the pictures' packets is noise.
      let identifier = Int(bytes[packet + 1] & 0x1F) << 8 | Int(bytes[packet + 2])
      guard identifier == (isBluRay == 1 ? 0x1011 : 0x100) else { continue }
      bytes[packet + 3] |= 0x80
      for place in packet + 12..<packet + 188 { bytes[place] = .random(in: 0...255, using: &random) }
    }
    #expect(failure(bytes)?.message.contains("is encrypted (scrambled)") == true)
  }

  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program"), .timeLimit(.minutes(1)))
  func zerosBehindARecordingPass() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("a.avi", "-c:v mjpeg")
    // Cameras reserve room that they then do not fill.
    let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
    try #require(truncate(path, off_t(size + 12 << 20)) == 0)
    #expect(throws: Never.self) { try VideoFile(path: path).outline() }
  }

  @Test func sizesThatNoVideoHasAreRefused() throws {
    // In memory, whose file system has files of two exbibytes, which take no room; where that is not, nothing is tried.
    guard let folder = try? Folder(in: URL(fileURLWithPath: "/dev/shm")) else { return }
    defer { folder.remove() }
    let path = try folder.write("sparse.mp4", try Clip.bytes("quadrants.mp4"))
    guard truncate(path, 1 << 61) == 0 else { return }
    let error = #expect(throws: Failure.self) { try VideoFile(path: path) }
    #expect(error?.kind == .limit)
  }

  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) func realContainersPass() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let kinds = [
      "a.mp4 -c:v mpeg4", "b.mov -c:v mjpeg", "c.3gp -s 176x144 -c:v h263", "d.mkv -c:v mpeg4",
      "e.avi -c:v mpeg4",
      "f.mp4 -c:v mpeg4 -movflags +frag_keyframe+empty_moov", "g.mp4 -c:v mpeg4 -movflags +dash+global_sidx",
      "h.mov -c:v mpeg4 -movflags +use_metadata_tags -metadata one=1", "i.ts -c:v mpeg4",
      "j.mpg -c:v mpeg2video",
      "k.flv -c:v flv1", "l.asf -c:v wmv2", "m.nut -c:v mpeg4", "n.y4m -pix_fmt yuv420p",
      "o.mxf -c:v mpeg2video",
      "p.gif", "q.apng -c:v apng", "r.m4v -c:v mpeg4 -f m4v", "s.mjpeg -c:v mjpeg", "t.swf -c:v flv1",
      "u.dv -s 720x576 -pix_fmt yuv420p -c:v dvvideo", "v.avi -c:v rawvideo -pix_fmt bgr24",
      "w.gxf -s 720x576 -c:v mpeg2video",
      "x.mov -c:v mpeg4 -f lavfi -i sine=r=44100 -c:a pcm_s16le -shortest",
    ]
    for kind in kinds {
      let words = kind.split(separator: " ", maxSplits: 1).map(String.init)
      guard let path = try? folder.make(words[0], frames: 25, words.count > 1 ? words[1] : "") else {
        continue
      }
      let count = try VideoFile(path: path).info().frameCount
      #expect(count >= 24, "\(kind): \(count)")
    }
  }

  /// Editors write many edits; so long as each sample is shown about once they are a video like any other.
  @Test(.enabled(if: Clip.hasProgram, "needs the ffmpeg program")) func manyEditsOfALongClipPass() throws {
    let folder = try Folder()
    defer { folder.remove() }
    let path = try folder.make("long.mov", frames: 2000, "-c:v mpeg4 -g 10 -video_track_timescale 1000")
    var bytes = Array(try Data(contentsOf: URL(fileURLWithPath: path)))
    // 100 edits of 800 ms each, in place of the one: the index is the last box of the file.
    let list = try #require(place("elst", in: bytes))
    let entries = (0..<100).flatMap { big(800) + big(UInt32($0) * 800) + big(1 << 16) }
    bytes.replaceSubrange(list + 4..<list + 20, with: big(100) + entries)
    let grown = UInt32(entries.count - 12)
    for name in ["elst", "edts", "trak", "moov"] {
      let at = try #require(place(name, in: bytes)) - 8
      set(bytes[at..<at + 4].reduce(0) { $0 << 8 | UInt32($1) } + grown, in: &bytes, at: at)
    }
    let count = try bytes.withUnsafeBytes { bytes in try VideoFile(bytes: bytes).info().frameCount }
    #expect(count >= 1990 && count <= 2010, "\(count)")
  }

  @Test func whatIsNotVideoAtAllIsNamed() throws {
    let wave =
      Array("RIFF".utf8) + [36, 0, 0, 0] + Array("WAVEfmt ".utf8)
      + [16, 0, 0, 0, 1, 0, 1, 0, 0x44, 0xAC, 0, 0, 0x88, 0x58, 1, 0, 2, 0, 16, 0] + Array("data".utf8)
      + [0, 8, 0, 0] + [UInt8](repeating: 0, count: 2048)
    let error = try #require(failure(wave))
    #expect(
      error.kind == .invalidVideo
        && error.message.contains("is of format wav, from which no video is read"))
  }

  /// FFmpeg's words for a damaged file are often those for want of memory.
  @Test(arguments: ["digits_bframes.mp4", "digits_vfr_stream.mkv", "digits_hidden.webm", "quadrants.mp4"])
  func damageIsNeverWantOfMemory(clip: String) throws {
    let whole = try Clip.bytes(clip)
    var random = Random(state: 21)
    for round in 0..<300 {
      var bytes = whole
      let header = min(3000, bytes.count)
      for _ in 0..<4 {
        let end = round % 2 == 0 ? header : bytes.count
        let place = Int.random(in: 0..<end, using: &random)
        bytes[place] = [0xFF, 0x7F, 0x3F, 0].randomElement(using: &random) ?? 0xFF
      }
      if let error = failure(bytes) { #expect(error.kind != .outOfMemory, "\(error.message)") }
    }
  }
}
