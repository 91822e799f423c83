import CDigest
import Foundation
import Testing

@testable import Digest

/// The indices of the instruction sets that this processor runs; the last one is plain C.
private let isas: [Int] = {
  var isas = [0]
  while name(of: isas.count - 1) != "portable" { isas.append(isas.count) }
  return isas
}()

private func name(of isa: Int) -> String { String(cString: cdigest_isa_at(isa).pointee.name) }

@Suite("SHA-256") struct SHA256Tests {
  func hash(_ pieces: [ArraySlice<UInt8>], isa: Int) -> String {
    var sha = SHA256(isa: isa)
    for piece in pieces { piece.withUnsafeBytes { sha.update($0) } }
    return sha.finish().hexadecimal
  }

  /// The bytes whose hashes scripts/make_digest_fixtures.py wrote.
  static let sequence: [UInt8] = {
    var state: UInt32 = 0
    return (0..<1 << 16).map { _ in
      state = state &* 1_664_525 &+ 1_013_904_223
      return UInt8(state >> 24)
    }
  }()

  static let answers: [(length: Int, hash: String)] = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("fixtures/digest/sha256.txt")
    let text = (try? String(contentsOf: path, encoding: .utf8)) ?? ""
    return text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: " ")
      guard parts.count == 2, let length = Int(parts[0]) else { return nil }
      return (length, String(parts[1]))
    }
  }()

  @Test(
    "The standard's own examples, in every instruction set",
    arguments: [
      ("", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
      ("abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
      (
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"
      ),
      (
        "abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrs"
          + "mnopqrstnopqrstu",
        "cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1"
      ),
    ]) func examples(_ text: String, _ expected: String)
  {
    for isa in isas { #expect(hash([Array(text.utf8)[...]], isa: isa) == expected, "\(name(of: isa))") }
  }

  @Test("A million times the letter a, in pieces that fit no block") func million() {
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)[...]
    for isa in isas {
      #expect(
        hash([ArraySlice](repeating: piece, count: 1000), isa: isa)
          == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "\(name(of: isa))")
    }
  }

  @Test("Every length gives hashlib's answer, in every instruction set and from odd addresses") func lengths()
  {
    #expect(Self.answers.count == 254)
    for (length, expected) in Self.answers {
      for isa in isas {
        #expect(hash([Self.sequence[..<length]], isa: isa) == expected, "\(name(of: isa)), \(length)")
        // One byte by itself, so that the rest begins at another address and within a block.
        let split = [Self.sequence[..<min(1, length)], Self.sequence[min(1, length)..<length]]
        #expect(hash(split, isa: isa) == expected, "\(name(of: isa)), 1 + \(length - 1)")
      }
    }
  }

  @Test("However the bytes are cut, the hash is the same") func splits() throws {
    let length = 150
    let expected = try #require(Self.answers.first { $0.length == length }).hash
    for isa in isas {
      for first in 0...length {
        for second in stride(from: first, through: length, by: first % 8 == 0 ? 1 : 23) {
          let pieces = [
            Self.sequence[..<first], Self.sequence[first..<second], Self.sequence[second..<length],
          ]
          #expect(hash(pieces, isa: isa) == expected, "\(name(of: isa)), cut at \(first) and \(second)")
        }
      }
      let single = (0..<length).map { Self.sequence[$0...$0] }
      #expect(hash(single, isa: isa) == expected, "\(name(of: isa)), byte by byte")
    }
  }

  @Test("Every instruction set takes blocks as plain C does, whatever the state") func blocks() throws {
    var noise = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let count = Int.random(in: 0...20, using: &noise)
      let bytes = (0..<64 * count + 1).map { _ in UInt8.random(in: .min ... .max, using: &noise) }
      let start = (0..<8).map { _ in UInt32.random(in: .min ... .max, using: &noise) }
      let states = isas.map { isa in
        var state = start
        // The odd address has to do as well.
        bytes.withUnsafeBufferPointer { bytes in
          guard let first = bytes.baseAddress else { return }
          cdigest_isa_at(isa).pointee.blocks(&state, first + 1, count)
        }
        return state
      }
      for (isa, state) in states.enumerated() {
        #expect(state == states.last, "\(name(of: isa)), \(count) blocks \(bytes) from \(start)")
      }
      #expect((states.last == start) == (count == 0))
    }
  }

  @Test("A hash that goes on does not change one that was taken before") func copies() {
    var sha = SHA256()
    Array("abc".utf8).withUnsafeBytes { sha.update($0) }
    let before = sha
    Array("def".utf8).withUnsafeBytes { sha.update($0) }
    #expect(before.finish().hexadecimal == hash([Array("abc".utf8)[...]], isa: 0))
    #expect(sha.finish().hexadecimal == hash([Array("abcdef".utf8)[...]], isa: 0))
  }
}

@Suite("A SHA-256 as text") struct DigestTests {
  let text = "0123456789abcdef00112233445566778899aabbccddeeff0f1e2d3c4b5a6978"

  @Test("It is read in either case and written in lower case") func bothCases() throws {
    let digest = try #require(SHA256.Digest(hexadecimal: text.utf8))
    #expect(digest == SHA256.Digest(hexadecimal: text.uppercased().utf8))
    #expect(digest.hexadecimal == text)
    #expect(digest.bytes.count == 32)
    #expect(Array(digest.bytes.prefix(4)) == [0x01, 0x23, 0x45, 0x67])
    #expect(digest.bytes.last == 0x78)
  }

  @Test("Every digit counts") func everyDigit() {
    for place in 0..<64 {
      var other = Array(text.utf8)
      other[place] = other[place] == UInt8(ascii: "7") ? UInt8(ascii: "6") : UInt8(ascii: "7")
      #expect(SHA256.Digest(hexadecimal: other) != SHA256.Digest(hexadecimal: text.utf8))
    }
  }

  @Test("Nothing else is one") func others() {
    #expect(SHA256.Digest(hexadecimal: "".utf8) == nil)
    #expect(SHA256.Digest(hexadecimal: text.dropLast().utf8) == nil)
    #expect(SHA256.Digest(hexadecimal: (text + "0").utf8) == nil)
    // Neighbours of digits and letters in ASCII, and characters beyond it.
    for character in Array("/:@G`g x\n".utf8) + [0, 0xFF, 0xB1] {
      for place in [0, 31, 63] {
        var bytes = Array(text.utf8)
        bytes[place] = character
        #expect(SHA256.Digest(hexadecimal: bytes) == nil, "\(character) at \(place)")
      }
    }
  }
}
