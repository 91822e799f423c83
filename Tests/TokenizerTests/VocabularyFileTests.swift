import System
import Foundation
import Testing

@testable import Tokenizer

/// Tests that a vocab.json alone is refused, and that it is checked against the merges.txt beside it.
struct VocabularyFileTests {
  private func merges() throws -> String { try String(contentsOfFile: Tiny.path, encoding: .utf8) }

  @Test func aloneItIsRefusedWithAdvice() throws {
    try withFolder(["vocab.json": HuggingFace().vocabulary]) { folder throws in
      let error = failure { _ = try Tokenizer(path: "\(folder)/vocab.json") }
      #expect(error?.kind == .invalidVocabulary)
      #expect(
        error?.message == "'\(folder)/vocab.json': this is a vocab.json, which lists tokens but no merges; "
          + "give the merges.txt beside it")
    }
  }

  @Test func besideAMergesTextItMustAgree() throws {
    var file = try HuggingFace()
    try withFolder(["merges.txt": merges(), "vocab.json": file.vocabulary]) { folder throws in
      let tokenizer = try Tokenizer(path: "\(folder)/merges.txt", vocabularySize: 634)
      for text in TokenizerJSONTests.texts { #expect(try tokenizer.ids(text) == Tiny.tokenizer().ids(text)) }
      // It lists all of them: a smaller vocabulary is another one.
      let error = failure { _ = try Tokenizer(path: "\(folder)/merges.txt", vocabularySize: 633) }
      #expect(error?.kind == .invalidVocabulary)
    }
    file.replace("in", with: "xx")
    for vocabulary in [file.vocabulary, "{}", "", "[1]", file.vocabulary + "x"] {
      try withFolder(["merges.txt": merges(), "vocab.json": vocabulary]) { folder throws in
        let error = failure { _ = try Tokenizer(path: "\(folder)/merges.txt") }
        #expect(error?.kind == .invalidVocabulary)
        #expect(error?.message.hasPrefix("'\(folder)/vocab.json': ") == true)
        if vocabulary == file.vocabulary { #expect(error?.message.contains("'xx' has the id 512") == true) }
        if vocabulary == "{}" {
          #expect(error?.message.hasSuffix("no token has the id 0, expected '!'") == true)
        }
      }
    }
  }

  @Test func besideAListOfAnotherNameItIsSomebodyElses() throws {
    try withFolder(["list.txt": merges(), "vocab.json": "{}", "merges.txt.txt": merges()]) { folder throws in
      #expect(try Tokenizer(path: "\(folder)/list.txt").vocabularySize == 634)
      #expect(try Tokenizer(path: "\(folder)/merges.txt.txt").vocabularySize == 634)
    }
  }

  @Test func whatCannotBeReadBesideIsNotPassedOver() throws {
    try withFolder(["merges.txt": merges()]) { folder throws in
      #expect(try Tokenizer(path: "\(folder)/merges.txt").vocabularySize == 634)
      #expect(mkdir("\(folder)/vocab.json", 0o700) == 0)
      let error = failure { _ = try Tokenizer(path: "\(folder)/merges.txt") }
      #expect(error?.kind == .fileOpen)
      #expect(error?.message.hasPrefix("'\(folder)/vocab.json': ") == true)
    }
  }

  @Test func contentTellsWhatAFileIsNotItsName() throws {
    let merges = try merges()
    try withFolder(["a": HuggingFace().text, "tokenizer.json": merges]) { folder throws in
      #expect(try Tokenizer(path: "\(folder)/a").mergeText == merges)
      #expect(try Tokenizer(path: "\(folder)/tokenizer.json").mergeText == merges)
    }
  }
}
