import Foundation
import System
import Testing

@testable import Tokenizer

/// Tokenizers of SigLIP and SigLIP 2, against the ids that transformers gives (scripts/make_siglip_fixtures.py).
struct PieceTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("fixtures/siglip")
  static let unigrams = folder.appendingPathComponent("hugging_face/spiece.model")
  static let merges = folder.appendingPathComponent("merges/tokenizer.json")

  /// Texts, and the ids that both tokenizers give for them.
  private struct Lists: Decodable { let texts: [String], unigrams, merges: [[Int32]] }

  private static func lists() throws -> Lists {
    try JSONDecoder().decode(Lists.self, from: Data(contentsOf: folder.appendingPathComponent("texts.json")))
  }

  private static func ids(_ lists: Lists, _ file: URL) -> [[Int32]] {
    file == unigrams ? lists.unigrams : lists.merges
  }

  private static func read(_ bytes: [UInt8]) throws -> Tokenizer {
    try bytes.withUnsafeBytes { try Tokenizer(file: $0) }
  }

  private static func file(of tokenizer: Tokenizer) throws -> [UInt8] {
    let file = try tokenizer.pieceFile()
    return Array(file.view)
  }

  private func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try PieceTests.read(bytes)
      return ""
    } catch { return (error as? Failure)?.message ?? "\(error)" }
  }

  @Test(arguments: [unigrams, merges]) func idsAreTransformers(_ file: URL) throws {
    let (tokenizer, lists) = (try Tokenizer(path: file.path), try PieceTests.lists())
    #expect(tokenizer.isOfPieces && lists.texts.count > 300)
    for (text, expected) in zip(lists.texts, PieceTests.ids(lists, file)) {
      #expect(try tokenizer.ids(text) == expected, "\(text.debugDescription)")
    }
  }

  /// The tokenizer in a model's file gives the same ids, and is written again as it is.
  @Test(arguments: [unigrams, merges]) func whatIsWrittenGivesTheSameIds(_ file: URL) throws {
    let (tokenizer, lists) = (try Tokenizer(path: file.path), try PieceTests.lists())
    let written = try PieceTests.file(of: tokenizer)
    let again = try PieceTests.read(written)
    for (text, expected) in zip(lists.texts, PieceTests.ids(lists, file)) {
      #expect(try again.ids(text) == expected)
    }
    #expect(try PieceTests.file(of: again) == written)
    #expect(try tokenizer.mergeList() == nil)
  }

  @Test func aRowEndsWithItsMarkAndPadding() throws {
    let (unigrams, merges) = (try Tokenizer(path: Self.unigrams.path), try Tokenizer(path: Self.merges.path))
    let (a, b) = (try unigrams.ids("dance"), try merges.ids("dance"))
    #expect(try unigrams.row("dance", context: 12) == a + [Int32](repeating: 1, count: 12 - a.count))
    #expect(try merges.row("dance", context: 12) == b + [1] + [Int32](repeating: 0, count: 11 - b.count))
    // A cut row still ends with the mark; one that is full is not cut.
    let long = try unigrams.ids("swimming in the sea")
    #expect(try unigrams.row("swimming in the sea", context: long.count + 1) == long + [1])
    #expect(
      try unigrams.row("swimming in the sea", context: long.count, truncate: true) == long.dropLast() + [1])
    #expect(throws: Failure.self) { try unigrams.row("swimming in the sea", context: long.count) }
  }

  @Test func aVocabularyMayHaveRowsMoreThanPieces() throws {
    let count = try Tokenizer(path: Self.unigrams.path).vocabularySize
    for size in [count, count + 127] {
      #expect(try Tokenizer(path: Self.unigrams.path, vocabularySize: size).vocabularySize == count)
    }
    for size in [count - 1, count + 128] {
      #expect(throws: Failure.self) { try Tokenizer(path: Self.unigrams.path, vocabularySize: size) }
    }
  }

  /// A file that ends anywhere, or in which any byte is another, is read or refused: between two pieces it may end.
  @Test func damageIsRefusedOrRead() throws {
    let whole = [UInt8](try Data(contentsOf: Self.unigrams))
    let ends = stride(from: 3, to: whole.count, by: 7)
    let refused = ends.filter { message(Array(whole[..<$0])) != "" }
    #expect(2 * refused.count > (whole.count - 3) / 7)
    var numbers = SystemRandomNumberGenerator()
    for _ in 0..<400 {
      var bytes = whole
      bytes[Int.random(in: 3..<bytes.count, using: &numbers)] = UInt8.random(in: 0...255, using: &numbers)
      guard let tokenizer = try? PieceTests.read(bytes) else { continue }
      for text in ["dance ＡＢ ﬁ½", "a\u{200B}b"] { _ = try? tokenizer.ids(text) }
    }
  }

  /// The tokenizer of unigrams with a table of characters that goes on from "a" to any number of them, or replaces
  /// each by `texts`.
  private static func tokenizer(replacing isReplaced: Bool, by texts: [UInt8]) throws -> Tokenizer {
    var units = [UInt32](repeating: 0, count: 512)
    units[0] = 256 << 10  // the children of the beginning lie at 256 ^ their byte
    // The children of "a" lie there too, or at 128 ^ their byte, where its replacement's place is.
    units[256 ^ 0x61] = 0x61 | (isReplaced ? 481 << 10 | 0x100 : 0x61 << 10)
    var table = withUnsafeBytes(of: UInt32(4 * units.count).littleEndian, Array.init)
    for unit in units { table += withUnsafeBytes(of: unit.littleEndian, Array.init) }
    table += texts + [0]
    func field(_ tag: UInt8, _ bytes: [UInt8]) -> [UInt8] {
      var (length, rest) = ([UInt8](), bytes.count)
      while rest >= 0x80 {
        length.append(UInt8(rest & 0x7F) | 0x80)
        rest >>= 7
      }
      return [tag] + length + [UInt8(rest)] + bytes
    }
    return try read([UInt8](Data(contentsOf: unigrams)) + field(0x1A, field(0x12, table)))
  }

  /// The time of a text grows with its length, not with its square, whatever the file's table says.
  @Test(.timeLimit(.minutes(1))) func aTableIsReadOnForAFewBytesAlone() throws {
    let endless = try PieceTests.tokenizer(replacing: false, by: [0x62])
    func failure(_ tokenizer: Tokenizer, _ text: String) -> String {
      do {
        _ = try tokenizer.ids(text)
        return ""
      } catch { return (error as? Failure)?.message ?? "\(error)" }
    }
    let many = String(repeating: "a", count: 500_000)
    #expect(failure(endless, many).contains("replaces texts of over 64 bytes"))
    let plain = try Tokenizer(path: Self.unigrams.path)
    let nearly = String(repeating: String(repeating: "a", count: 64) + "d", count: 1000)
    #expect(try endless.ids(nearly) == plain.ids(nearly))
    // Nothing is left of spaces after a space, but they are read.
    let spaces = try PieceTests.tokenizer(replacing: true, by: [UInt8](repeating: 0x20, count: 5_000_000))
    #expect(failure(spaces, many).contains("over 16777216 bytes"))
  }

  @Test func stepsThatAreNotComputedAreNamed() throws {
    let json = String(decoding: try Data(contentsOf: Self.merges), as: UTF8.self)
    func changed(_ old: String, _ new: String) -> String {
      #expect(json.contains(old))
      return message(Array(json.replacingOccurrences(of: old, with: new).utf8))
    }
    #expect(changed(#""type": "Lowercase""#, #""type": "NFKC""#).contains("'NFKC'"))
    #expect(changed(#""content": "▁""#, #""content": "_""#).contains("'Replace'"))
    #expect(changed(#""type": "Split""#, #""type": "Digits""#).contains("'Digits'"))
    #expect(changed(#""<0x41>""#, #""<0x4Z>""#).contains("piece of the byte 65"))
    #expect(changed(#""dropout": null"#, #""dropout": 0.1"#).contains("'dropout'"))
    #expect(changed(#""normalized": false"#, #""normalized": true"#).contains("'normalized'"))
    #expect(changed(#""<pad>": 0"#, #""<gap>": 0"#).contains("<pad>"))
  }

  @Test func aModelOfAnotherKindIsNamed() throws {
    // Field 3 of the settings (field 2): the type, BPE.
    let pairs: [UInt8] = [0x0A, 0x05, 0x0A, 0x03, 0x61, 0x62, 0x63, 0x12, 0x02, 0x18, 0x02]
    #expect(message(pairs).contains("unigram"))
    #expect(message([0x0A, 0x05, 0x0A, 0x03, 0x61, 0x62, 0x63]).contains("what is unknown"))
  }
}
