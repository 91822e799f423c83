import CDigest
import Foundation
import Testing

@testable import Digest

/// Every form that this processor runs; the last is plain C.
private let forms: [Int] = {
  var forms = [0]
  while name(of: forms.count - 1) != "plain" { forms.append(forms.count) }
  return forms
}()

private func name(of form: Int) -> String { String(cString: cdigest_form_at(form).pointee.name) }

@Suite("SHA-256") struct SHA256Tests {
  func hash(_ pieces: [ArraySlice<UInt8>], form: Int) -> String {
    var sha = SHA256(form: form)
    for piece in pieces { piece.withUnsafeBytes { sha.update($0) } }
    return sha.finish().hexadecimal
  }

  /// The bytes that scripts/make_digest_fixtures.py hashed.
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
    "The standard's own examples, in every form",
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
    for form in forms { #expect(hash([Array(text.utf8)[...]], form: form) == expected, "\(name(of: form))") }
  }

  @Test("A million times the letter a, in pieces that fit no block") func million() {
    let piece = [UInt8](repeating: UInt8(ascii: "a"), count: 1000)[...]
    for form in forms {
      #expect(
        hash([ArraySlice](repeating: piece, count: 1000), form: form)
          == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0", "\(name(of: form))")
    }
  }

  @Test("Every length gives hashlib's answer, in every form and from odd addresses") func lengths() {
    #expect(Self.answers.count == 254)
    for (length, expected) in Self.answers {
      for form in forms {
        #expect(hash([Self.sequence[..<length]], form: form) == expected, "\(name(of: form)), \(length)")
        // One byte by itself, so that the rest begins at another address and within a block.
        let split = [Self.sequence[..<min(1, length)], Self.sequence[min(1, length)..<length]]
        #expect(hash(split, form: form) == expected, "\(name(of: form)), 1 + \(length - 1)")
      }
    }
  }

  @Test("However the bytes are cut, the hash is the same") func splits() throws {
    let length = 150
    let expected = try #require(Self.answers.first { $0.length == length }).hash
    for form in forms {
      for first in 0...length {
        for second in stride(from: first, through: length, by: first % 8 == 0 ? 1 : 23) {
          let pieces = [
            Self.sequence[..<first], Self.sequence[first..<second], Self.sequence[second..<length],
          ]
          #expect(hash(pieces, form: form) == expected, "\(name(of: form)), cut at \(first) and \(second)")
        }
      }
      let single = (0..<length).map { Self.sequence[$0...$0] }
      #expect(hash(single, form: form) == expected, "\(name(of: form)), byte by byte")
    }
  }

  @Test("Every form takes blocks as plain C does, whatever the state") func blocks() throws {
    var noise = SystemRandomNumberGenerator()
    for _ in 0..<200 {
      let count = Int.random(in: 0...20, using: &noise)
      let bytes = (0..<64 * count + 1).map { _ in UInt8.random(in: .min ... .max, using: &noise) }
      let start = (0..<8).map { _ in UInt32.random(in: .min ... .max, using: &noise) }
      let states = forms.map { form in
        var state = start
        // The odd address has to do as well.
        bytes.withUnsafeBufferPointer { bytes in
          guard let first = bytes.baseAddress else { return }
          cdigest_form_at(form).pointee.blocks(&state, first + 1, count)
        }
        return state
      }
      for (form, state) in states.enumerated() {
        #expect(state == states.last, "\(name(of: form)), \(count) blocks \(bytes) from \(start)")
      }
      #expect((states.last == start) == (count == 0))
    }
  }

  @Test("A hash that goes on does not change one that was taken before") func copies() {
    var sha = SHA256()
    Array("abc".utf8).withUnsafeBytes { sha.update($0) }
    let before = sha
    Array("def".utf8).withUnsafeBytes { sha.update($0) }
    #expect(before.finish().hexadecimal == hash([Array("abc".utf8)[...]], form: 0))
    #expect(sha.finish().hexadecimal == hash([Array("abcdef".utf8)[...]], form: 0))
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
