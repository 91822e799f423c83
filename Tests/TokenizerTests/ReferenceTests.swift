import System
import Foundation
import Testing

@testable import Tokenizer

/// Tests against token ids that the reference computed with the standard merge list. They need the folder of shared
/// test data (ACTIONCLIP_SHARED, or ../shared beside the repository) and are skipped without it.
struct ReferenceTests {
  private struct Case: Decodable {
    let text: String
    let ids: [Int32]
  }

  static let folder: URL = {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let shared = ProcessInfo.processInfo.environment["ACTIONCLIP_SHARED"].map { URL(fileURLWithPath: $0) }
    return (shared ?? root.deletingLastPathComponent().appendingPathComponent("shared"))
      .appendingPathComponent("tokenizer")
  }()
  static let merges = folder.appendingPathComponent("bpe_simple_vocab_16e6.txt.gz").path
  static let isPresent = FileManager.default.fileExists(atPath: merges)

  @Test(.enabled(if: isPresent, "needs ../shared/tokenizer"))
  func everyCaseHasTheReferencesIds() throws {
    let tokenizer = try Tokenizer(path: Self.merges)
    #expect(tokenizer.vocabularySize == 49_408)
    #expect(tokenizer.startOfText == 49_406)
    #expect(tokenizer.endOfText == 49_407)
    let json = try Data(contentsOf: Self.folder.appendingPathComponent("cases.json"))
    let cases = try JSONDecoder().decode([Case].self, from: json)
    #expect(cases.count > 200)
    for example in cases { #expect(try tokenizer.ids(example.text) == example.ids, "\(example.text)") }
  }

  @Test(.enabled(if: isPresent, "needs ../shared/tokenizer"))
  func theStandardListServesSmallerAndLargerVocabularies() throws {
    #expect(try Tokenizer(path: Self.merges, vocabularySize: 1000).endOfText == 999)
    // The file has 262,144 merges.
    #expect(try Tokenizer(path: Self.merges, vocabularySize: 262_658).endOfText == 262_657)
    let error = failure { _ = try Tokenizer(path: Self.merges, vocabularySize: 262_659) }
    #expect(error?.kind == .vocabularyMismatch)
  }
}
