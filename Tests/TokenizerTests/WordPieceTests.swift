import Foundation
import System
import Testing

@testable import Tokenizer

/// CLIPA's tokenizer, against the ids that open_clip gives (scripts/make_clipa_fixtures.py).
struct WordPieceTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appendingPathComponent("fixtures/clipa")
  static let json = folder.appendingPathComponent("model/tokenizer.json")
  static let list = folder.appendingPathComponent("vocab.txt")

  /// Texts, and the whole row of each.
  private struct Rows: Decodable { let texts: [String], rows: [[Int32]] }

  private static func rows() throws -> Rows {
    try JSONDecoder().decode(Rows.self, from: Data(contentsOf: folder.appendingPathComponent("texts.json")))
  }

  private func message(_ bytes: [UInt8]) -> String {
    do {
      _ = try bytes.withUnsafeBytes { try Tokenizer(file: $0) }
      return ""
    } catch { return (error as? Failure)?.message ?? "\(error)" }
  }

  @Test(arguments: [json, list]) func rowsAreOpenCLIPs(_ file: URL) throws {
    let (tokenizer, rows) = (try Tokenizer(path: file.path), try Self.rows())
    #expect(tokenizer.kind == .wordPieces && tokenizer.isOfPieces && rows.texts.count > 300)
    for (text, expected) in zip(rows.texts, rows.rows) {
      #expect(
        try tokenizer.row(text, context: expected.count, truncate: true) == expected,
        "\(text.debugDescription)")
    }
  }

  /// The tokenizer in a model's file is a vocab.txt, which is written again as it is.
  @Test func whatIsWrittenGivesTheSameRows() throws {
    let (tokenizer, rows) = (try Tokenizer(path: Self.json.path), try Self.rows())
    let file = try tokenizer.pieceFile()
    let written = Array(file.view)
    #expect(written == [UInt8](try Data(contentsOf: Self.list)))
    let again = try written.withUnsafeBytes { try Tokenizer(file: $0) }
    for (text, expected) in zip(rows.texts, rows.rows).prefix(100) {
      #expect(try again.row(text, context: expected.count, truncate: true) == expected)
    }
    #expect(try tokenizer.mergeList() == nil)
  }

  @Test func aTextThatIsTooLongIsRefusedUnlessItMayBeCut() throws {
    let tokenizer = try Tokenizer(path: Self.json.path)
    let ids = try tokenizer.ids("swimming in the sea")
    let whole = try tokenizer.row("swimming in the sea", context: ids.count + 2)
    #expect(whole == [2] + ids + [0] && !ids.contains(0))
    #expect(
      try tokenizer.row("swimming in the sea", context: ids.count + 1, truncate: true) == [2] + ids.dropLast()
        + [0])
    #expect(throws: Failure.self) { try tokenizer.row("swimming in the sea", context: ids.count + 1) }
  }

  @Test func aVocabularyMayHaveRowsMoreThanPieces() throws {
    let count = try Tokenizer(path: Self.list.path).vocabularySize
    for size in [count, count + 1478] {
      #expect(try Tokenizer(path: Self.list.path, vocabularySize: size).vocabularySize == count)
    }
    for size in [count - 1, count + 4000] {
      #expect(throws: Failure.self) { try Tokenizer(path: Self.list.path, vocabularySize: size) }
    }
  }

  @Test func otherVocabulariesAreNamed() throws {
    let list = String(decoding: try Data(contentsOf: Self.list), as: UTF8.self)
    #expect(message(Array(list.replacingOccurrences(of: "[CLS]", with: "<s>").utf8)).contains("'[CLS]'"))
    #expect(message(Array("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\na\na\n".utf8)).contains("spelled alike"))
    #expect(
      message(Array("[PAD]\n\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n".utf8)).contains(
        "piece 1 of the vocabulary is empty"))
    #expect(message(Array("[PAD]\r\n[UNK]\r\n[CLS]\r\n[SEP]\r\n[MASK]\r\na".utf8)) == "")
    let json = String(decoding: try Data(contentsOf: Self.json), as: UTF8.self)
    func changed(_ old: String, _ new: String) -> String {
      #expect(json.contains(old))
      return message(Array(json.replacingOccurrences(of: old, with: new).utf8))
    }
    #expect(changed(#""lowercase": true"#, #""lowercase": false"#).contains("'lowercase'"))
    #expect(changed(#""strip_accents": null"#, #""strip_accents": false"#).contains("'strip_accents'"))
    #expect(changed(#""type": "BertPreTokenizer""#, #""type": "Whitespace""#).contains("'Whitespace'"))
    #expect(
      changed(###""continuing_subword_prefix": "##""###, ###""continuing_subword_prefix": "#""###).contains(
        "prefix"))
    #expect(changed(#""max_input_chars_per_word": 100"#, #""max_input_chars_per_word": 9"#).contains("is 9"))
    #expect(changed(#""content": "[MASK]""#, #""content": "[GAP]""#).contains("'[GAP]'"))
  }
}
