import System
import Testing
import Text

@testable import Tokenizer

/// Tests that any bytes give ids below the vocabulary's size, or an error.
struct RobustnessTests {
  private func check(_ bytes: [UInt8], _ tokenizer: Tokenizer) throws {
    do {
      let ids = try tokenizer.ids(bytes)
      #expect(ids.allSatisfy { $0 >= 0 && Int($0) < tokenizer.vocabularySize })
    } catch let error as Failure {
      #expect(error.kind == .invalidUTF8)
      #expect(String(validating: bytes, as: UTF8.self) == nil, "valid UTF-8 was refused")
    }
  }

  @Test func randomBytesAreAnswered() throws {
    let tokenizer = try Tiny.tokenizer()
    var dice = Dice(state: 11)
    for _ in 0..<3000 {
      let length = Int.random(in: 0..<40, using: &dice)
      try check((0..<length).map { _ in UInt8.random(in: 0...255, using: &dice) }, tokenizer)
    }
  }

  @Test func allSequencesOfTwoBytesAreAnswered() throws {
    let tokenizer = try Tiny.tokenizer()
    for first in UInt8.min ... .max {
      // In eights, so that debug builds take seconds; each pair is set off by a space.
      for second in UInt8.min ... .max where (first < 0x80) == (second < 0x80) || second % 8 == 0 {
        let isText = String(validating: [first, second], as: UTF8.self) != nil
        if !isText || second % 16 == 0 { try check([first, second], tokenizer) }
      }
    }
  }

  @Test func randomUnicodeAndMarkupIsAnswered() throws {
    let tokenizer = try Tiny.tokenizer()
    let scraps = [
      "&", "&#", "&#x", ";", "&amp", "&lt;", "\u{1B}[", "<|", "|>", "'", "'s", "\u{17F}", "\u{3A3}",
      "\u{345}", "\r", "\n", "<", "\u{FFE3}", "\u{FF1B}", "\u{FEFF}", "\u{0}",
    ]
    var dice = Dice(state: 12)
    for _ in 0..<1500 {
      var text = ""
      for _ in 0..<Int.random(in: 1..<12, using: &dice) {
        if Bool.random(using: &dice) {
          text += scraps.randomElement(using: &dice) ?? ""
        } else if let scalar = Unicode.Scalar(UInt32.random(in: 0..<0x11_0000, using: &dice)) {
          text.unicodeScalars.append(scalar)
        }
      }
      try check(Array(text.utf8), tokenizer)
    }
  }

  @Test(
    arguments: [
      ([0x61, 0xFF], 1), ([0x80], 0), ([0x61, 0xC0, 0x80], 1), ([0xC1, 0xBF], 0), ([0xE0, 0x80, 0x80], 0),
      ([0xED, 0xA0, 0x80], 0), ([0xF0, 0x80, 0x80, 0x80], 0), ([0xF4, 0x90, 0x80, 0x80], 0),
      ([0xF5, 0x80, 0x80, 0x80], 0), ([0x61, 0x62, 0xE2, 0x82], 2), ([0xC3], 0), ([0xC3, 0xC3, 0xA9], 0),
      ([0xF0, 0x9F, 0x8E], 0), ([0xE2, 0x82, 0xAC, 0xBF], 3),
    ] as [([UInt8], Int)])
  func invalidUTF8IsNamedByItsOffset(bytes: [UInt8], offset: Int) throws {
    let tokenizer = try Tiny.tokenizer()
    let error = failure { _ = try tokenizer.ids(bytes) }
    #expect(error?.kind == .invalidUTF8)
    #expect(error?.message.hasSuffix("at byte \(offset)") == true, "\(error?.message ?? "")")
  }

  @Test func everyScalarDecodesToItself() throws {
    for value in stride(from: UInt32(0), to: 0x11_0000, by: 7) {
      guard let scalar = Unicode.Scalar(value) else { continue }
      var decoded = GrowingArray<UInt32>()
      try Array(String(Character(scalar)).utf8).withUnsafeBufferPointer {
        try UTF8Scalars.decode($0, into: &decoded)
      }
      #expect(Array(decoded.view) == [value])
    }
  }

  @Test func aNULIsDroppedLikeOtherControlCharacters() throws {
    #expect(try Tiny.tokens("the\u{0}") == "the|")
    #expect(try Tiny.tokens("t\u{0}he") == "the|")
  }

  @Test func aWordOfAHundredThousandLettersIsMergedWhole() throws {
    let tokenizer = try Tiny.tokenizer()
    let ids = try tokenizer.ids(String(repeating: "playing", count: 15_000))
    // "play" (519) and "in" (512), "g"; the last "playing" has its own symbol.
    let play = try tokenizer.ids("playingx").dropLast()
    #expect(Array(ids.dropLast()) == (0..<14_999).flatMap { _ in play })
    #expect(ids.last == (try tokenizer.ids("playing").first))
  }

  @Test func aTextBeyondTheLimitIsRefused() throws {
    let tokenizer = try Tiny.tokenizer()
    let error = failure { _ = try tokenizer.ids([UInt8](repeating: 0x20, count: 4 << 20 + 1)) }
    #expect(error?.kind == .limit)
  }

  @Test func marksWithoutEndAreRefused() throws {
    let text = "e" + String(repeating: "\u{301}", count: 300_000)
    #expect(failure { _ = try Tiny.tokenizer().ids(text) }?.kind == .limit)
  }
}
