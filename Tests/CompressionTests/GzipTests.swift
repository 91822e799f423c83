import Compression
import Foundation
import System
import Testing

/// Tests of the gzip reader. The small streams were written by gzip and zlib.
struct GzipTests {
  private func inflate(_ bytes: [UInt8]) throws -> [UInt8] {
    try bytes.withUnsafeBufferPointer { bytes in
      let plain = try Gzip.decompress(bytes, atMost: 16 << 20)
      return Array(plain.view)
    }
  }

  private func base64(_ text: String) throws -> [UInt8] { Array(try #require(Data(base64Encoded: text))) }

  private func fixture(_ name: String) throws -> [UInt8] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    return Array(try Data(contentsOf: tests.appendingPathComponent("TokenizerTests/Fixtures/\(name)")))
  }
  private func plain() throws -> [UInt8] { try fixture("tiny_merges.txt") }
  private func file() throws -> [UInt8] { try fixture("tiny_merges.txt.gz") }

  private func failure(_ body: () throws -> Void) -> Failure? {
    #expect(throws: Failure.self) { try body() }
  }

  @Test func aFileOfGzipsIsInflated() throws {
    #expect(try inflate(file()) == plain())
  }

  @Test func everyKindOfBlockAndHeaderIsRead() throws {
    let text = Array("a person is playing the flute, a person is playing the drums".utf8)
    let streams = [
      // The kinds of blocks: stored, fixed codes, dynamic codes, run lengths only, no matches.
      "H4sIAAAAAAAAAwE8AMP/YSBwZXJzb24gaXMgcGxheWluZyB0aGUgZmx1dGUsIGEgcGVyc29uIGlzIHBsYXlpbmcgdG"
        + "hlIGRydW1zParvdjwAAAA=",
      "H4sIAAAAAAAAA0tUKEgtKs7PU8gsVijISazMzEtXKMlIVUjLKS1J1VFIxCGdUlSaWwwAParvdjwAAAA=",
      "H4sIAAAAAAAAA0tUKEgtKs7PU8gsVijISazMzEtXKMlIVUjLKS1J1VFIxCGdUlSaWwwAParvdjwAAAA=",
      "H4sIAAAAAAAAAwXB0Q3AIAgFwFXeAF2KRKokFAkPP9y+d4LU4g4YkS7XYqKX4vXT+kCQWtwBI9LlWkz0Uow6H389qu92PAAAAA==",
      "H4sIAAAAAAAAAwXB0Q3AIAgFwFXeAF2KRKokFAkPP9y+d4LU4g4YkS7XYqKX4vXT+kCQWtwBI9LlWkz0Uow6H389qu92PAAAAA==",
      // An extra field, a name, a comment and a header checksum.
      "H4sIHgAAAAAAAwUAaGVsbG9uYW1lAGNvbW1lbnQA7CNLVChILSrOz1PILFYoyEmszMxLVyjJSFVIyyktSdVRSMQhnV"
        + "JUmlsMAD2q73Y8AAAA",
    ]
    for stream in streams { #expect(try inflate(base64(stream)) == text) }
    #expect(try inflate(base64("H4sIAAAAAAAAAwMAAAAAAAAAAAA=")) == [])
    let far = [UInt8](repeating: 0x78, count: 40_000)
    let packed =
      "H4sIAAAAAAAAA+3BMQEAAADCoNqL72ULoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
      + "AAAAgBtHXcpzQJwAAA=="
    #expect(try inflate(base64(packed)) == far)
  }

  @Test func membersFollowOneAnother() throws {
    let one = try file()
    #expect(try inflate(one + one).count == 2 * inflate(one).count)
  }

  @Test func everyTruncationIsAnError() throws {
    let bytes = try file()
    for length in 0..<bytes.count {
      #expect(failure { _ = try inflate(Array(bytes[..<length])) }?.kind == .invalidCompression, "\(length)")
    }
  }

  @Test func everyFlippedBitIsAnErrorOrHarmless() throws {
    let bytes = try file()
    let sound = try inflate(bytes)
    for index in bytes.indices {
      for bit in 0..<8 {
        var damaged = bytes
        damaged[index] ^= 1 << UInt8(bit)
        guard let plain = try? inflate(damaged) else { continue }
        // No checksum covers the time, system and name in the header, or the bits that pad the last byte of the
        // compressed data; none of them is used.
        let isHeader = index < 10 + "tiny_merges.txt".utf8.count + 1
        #expect(plain == sound && (isHeader || index == bytes.count - 9), "byte \(index)")
      }
    }
  }

  @Test func whatFollowsTheLastMemberMustBeAMember() throws {
    #expect(failure { _ = try inflate(file() + [0]) }?.kind == .invalidCompression)
    #expect(failure { _ = try inflate(file() + Array("text".utf8)) }?.kind == .invalidCompression)
  }

  @Test func aBombIsStoppedBeforeItGrows() throws {
    // A megabyte of one byte in a kilobyte: beyond any merge list's ratio, though the data is sound.
    let bomb = try base64(
      "H4sIAAAAAAAAA+3BMQEAAADCoNqLbwhfoAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
        + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAPgMynDsVAAAQAA==")
    let error = failure { _ = try inflate(bomb) }
    #expect(error?.kind == .limit)
    #expect(error?.message.contains("inflates to more than") == true)
  }

  @Test func randomBytesAfterAHeaderNeverCrash() throws {
    var state: UInt64 = 3
    func random(below end: UInt64) -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      return (state >> 33) % end
    }
    for _ in 0..<3000 {
      var bytes: [UInt8] = [0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3]
      bytes += (0..<random(below: 120)).map { _ in UInt8(random(below: 256)) }
      #expect(failure { _ = try inflate(bytes) } != nil)
    }
  }
}
