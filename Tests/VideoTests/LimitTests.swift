import System
import CShims
import Glibc
import Testing
import Video

/// The time and work that a video may take, and how a caller ends it.
@Suite struct LimitTests {
  /// Pictures that say that they fill the canvas of `width` x `height`, each to be cleared away for the next, in 23
  /// bytes.
  static func gif(width: UInt16, height: UInt16, pictures: Int) -> [UInt8] {
    func little(_ value: UInt16) -> [UInt8] { [UInt8(value & 255), UInt8(value >> 8)] }
    var bytes = Array("GIF89a".utf8) + little(width) + little(height) + [0x80, 0, 0, 0, 0, 0, 255, 255, 255]
    for _ in 0..<pictures {
      bytes += [0x21, 0xF9, 4, 8, 4, 0, 0, 0]  // for 40 ms
      bytes += [0x2C, 0, 0, 0, 0] + little(width) + little(height) + [0, 2, 2, 0x44, 1, 0]
    }
    return bytes + [0x3B]
  }

  func failure(_ body: () throws -> Void) -> Failure? {
    do {
      try body()
      return nil
    } catch {
      if case .video(let error)? = error as? VideoReadError<Never> { return error }
      return error as? Failure
    }
  }

  @Test func manyLargePicturesInFewBytesAreTooMuchWork() throws {
    let bytes = Self.gif(width: 2048, height: 2048, pictures: 1000)
    try bytes.withUnsafeBytes { (bytes) throws in
      let video = try VideoFile(bytes: bytes, limits: ReadingLimits(pixelsPerByte: 1))
      let error = try #require(failure { _ = try video.info() })
      #expect(error.kind == .limit)
      #expect(error.message.contains("max_pixels_per_byte"))
      // A few of them are not.
      #expect(try video.pictures([3]).map(\.index) == [3])
    }
    // As many small frames are an ordinary video.
    let small = Self.gif(width: 16, height: 16, pictures: 1000)
    try small.withUnsafeBytes { (bytes) throws in
      #expect(try VideoFile(bytes: bytes, limits: ReadingLimits(pixelsPerByte: 1)).info().frameCount == 1000)
    }
  }

  @Test func aCallEndsWhenItsTimeIsOver() throws {
    let bytes = Self.gif(width: 2048, height: 2048, pictures: 1000)
    try bytes.withUnsafeBytes { (bytes) throws in
      let video = try VideoFile(bytes: bytes, limits: ReadingLimits(milliseconds: 400, pixelsPerByte: .max))
      video.beginCall()
      let start = ContinuousClock.now
      let error = try #require(failure { _ = try video.info() })
      #expect(error.kind == .timeLimit)
      #expect(error.message.contains("400 ms") && error.message.contains("max_milliseconds"))
      #expect(ContinuousClock.now - start < .seconds(5))  // the machine may be busy
      // Each call has its own time.
      video.beginCall()
      #expect(try video.pictures([0]).map(\.index) == [0])
    }
  }

  @Test(arguments: [DecodeChoice.needed, .all])
  func aCancelTokenEndsAnyCallAndTheVideoGoesOn(decode: DecodeChoice) throws {
    let token = UnsafeMutablePointer<Int32>.allocate(capacity: 1)
    token.initialize(to: 0)
    defer {
      cshims_use_cancel_flag(nil)
      token.deallocate()
    }
    cshims_use_cancel_flag(token)
    let path = Clip.fixture("digits_bframes.mp4")
    let video = try VideoFile(path: path, decode: decode)
    token.pointee = 1
    #expect(failure { _ = try VideoFile(path: path) }?.kind == .cancelled)
    for call: () throws -> Void in [
      { _ = try video.outline() }, { _ = try video.info() }, { _ = try video.pictures([7]) },
      { try video.readChosen(choose: { [$0 - 1] }, begin: { _ in }, emit: { _ in }) },
    ] {
      video.beginCall()
      let error = failure(call)
      #expect(error == .cancelled)
    }
    token.pointee = 0
    video.beginCall()
    #expect(try video.pictures([3, 7]).map(\.digits) == [3, 7])
    // In the middle of reading.
    do {
      try video.readFrames([20, 21, 22], begin: {}) { (_: VideoFrame) throws(Failure) in token.pointee = 1
      }
      Issue.record("it went on")
    } catch {
      guard case .video(let reason) = error else { throw error }
      #expect(reason.kind == .cancelled)
    }
    token.pointee = 0
    video.beginCall()
    let outline = try video.outline()
    #expect(outline.frameCount == 60)
    // The number of frames is still known from the packets.
    #expect((outline.damagedFrames == nil) == (decode == .needed))
    #expect(try video.pictures([5, 59]).map(\.digits) == [5, 59])
  }
}
