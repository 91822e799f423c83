import System
import Foundation
import Testing

@testable import Tokenizer

/// Tests that a CLIP tokenizer.json gives the same tokenizer as its merge list, and that others are refused by name.
struct TokenizerJSONTests {
  static let texts = [
    "", "Playing the flute", "it's THE’S they're", "12 ab ...?!", "café é", "<|startoftext|>the<|endoftext|>",
    "&lt;b&gt; \u{93}q\u{94}", "x\u{345}y ½ 日本 \u{1F600}", "throwing and\ncatching a cat!",
  ]

  private func error(_ file: HuggingFace, vocabularySize: Int? = nil) -> Failure? {
    failure { _ = try Tokenizer(list: file.text, vocabularySize: vocabularySize) }
  }

  /// Expects that the file is refused with a message on one line that holds `parts`.
  private func expect(
    _ parts: String..., location: SourceLocation = #_sourceLocation,
    kind: Failure.Kind = .invalidVocabulary, _ change: (inout HuggingFace) -> Void
  ) throws {
    var file = try HuggingFace()
    change(&file)
    let error = error(file)
    #expect(error?.kind == kind, sourceLocation: location)
    let message = error?.message ?? "no error"
    for part in parts { #expect(message.contains(part), "\(message)", sourceLocation: location) }
    #expect(!message.contains("\n") && message.count < 500, sourceLocation: location)
  }

  // MARK: - Read

  @Test func everyFormGivesTheMergeListsIds() throws {
    let tokenizer = try Tiny.tokenizer()
    var file = try HuggingFace()
    var forms = [file.text, "  \n\t" + file.text]
    file.inPairs = true
    forms.append(file.text)
    // Files of old have no type; keys have no order; tokens may be added that the vocabulary has already.
    file.settings = ""
    file.prefix = #""continuing_subword_prefix":null,"byte_fallback":false,"ignore_merges":null,"#
    file.preTokenizer.replace(#"<\\|startoftext\\|>|<\\|endoftext\\|>|"#, with: "")
    file.modelFirst = true
    file.tokens.shuffle()
    file.added.append(#"{"content":"!","id":0}"#)
    forms.append(file.text)
    // The markers may be added tokens alone.
    file.tokens.removeAll { $0.id >= 632 }
    forms.append(file.text)
    for form in forms {
      let read = try Tokenizer(list: form, vocabularySize: 634)
      #expect(read.vocabularySize == 634 && read.endOfText == 633)
      #expect(try read.mergeText == tokenizer.mergeText)
      for text in Self.texts { #expect(try read.ids(text) == tokenizer.ids(text), "\(text)") }
    }
  }

  @Test func withoutASizeItIsTheFiles() throws {
    #expect(try Tokenizer(list: HuggingFace().text).vocabularySize == 634)
  }

  @Test(arguments: [514, 633, 635, 49_408]) func anotherSizeThanTheModelsIsRefused(size: Int) throws {
    let error = try error(HuggingFace(), vocabularySize: size)
    #expect(error?.kind == .vocabularyMismatch)
    #expect(
      error?.message == "the tokenizer has 634 tokens, but the model's vocabulary has \(size)")
  }

  // MARK: - The vocabulary

  @Test func everyIdIsCLIPs() throws {
    try expect("'zzz' has the id 512", "expected 'in'") { $0.replace("in", with: "zzz") }
    try expect("'!' has the id 1, expected 0") { $0.tokens[1].token = "!" }
    try expect("'\"' has the id 0, expected 1") { file in
      (file.tokens[0].id, file.tokens[1].id) = (1, 0)
    }
    try expect("no token has the id 600, expected ") { $0.tokens.remove(at: 600) }
    try expect("'more' has the id 634", "634 tokens") { $0.tokens.append(("more", 634)) }
    try expect("'in' has the id 700, expected 512") { $0.tokens.append(("in", 700)) }
    try expect("'!' and 'more' have the same id, 0") { $0.tokens.append(("more", 0)) }
    try expect("'!' and '!' have the same id, 0") { $0.tokens.append(("!", 0)) }
    try expect("'<|endoftext|>' has the id 632, expected 633") { file in
      file.tokens[632].token = "<|endoftext|>"
      file.tokens[633].token = "<|startoftext|>"
    }
  }

  @Test func addedTokensAreHeldToTheSameOrder() throws {
    try expect("'<pad>' has the id 634", "634 tokens") { $0.added.append(#"{"id":634,"content":"<pad>"}"#) }
    try expect("'<|startoftext|>' has the id 0, expected 632") { file in
      file.added = [#"{"id":0,"content":"<|startoftext|>"}"#]
    }
    try expect("'added_tokens'", "'a' and 'b' have the same id, 3") { file in
      file.added = [#"{"id":3,"content":"a"}"#, #"{"id":3,"content":"b"}"#]
    }
    try expect("'added_tokens'", "without 'id'") { $0.added = [#"{"content":"a"}"#] }
  }

  @Test func idsAreWholeNumbersWithinALimit() throws {
    for id in ["-1", "1.5", "\"0\"", "null", "01", "1e3"] {
      let text = try HuggingFace().text.replacing("\"!\":0,", with: "\"!\":\(id),")
      let error = failure { _ = try Tokenizer(list: text) }
      #expect(error?.kind == .invalidVocabulary)
      #expect(error?.message.contains("the token '!'") == true, "\(error?.message ?? "")")
    }
    try expect("'!' has the id 131072", kind: .limit) { $0.tokens[0].id = 1 << 17 }
    try expect("'!' has the id 9007199254740992", kind: .limit) { $0.tokens[0].id = 1 << 53 }
    try expect("longer than 256 bytes", kind: .limit) {
      $0.tokens[0].token = String(repeating: "x", count: 257)
    }
  }

  // MARK: - The merges

  @Test func wrongMergesAreNamed() throws {
    for inPairs in [false, true] {
      try expect("merge 0 of 'model.merges'", "'yz' is neither", kind: .invalidMerges) {
        $0.inPairs = inPairs
        $0.merges[0] = "i yz"
      }
      try expect("merge 3 of 'model.merges'", "'in' is already made", kind: .invalidMerges) {
        $0.inPairs = inPairs
        $0.merges[3] = "i n"
      }
      try expect("merge 1 of 'model.merges'", inPairs ? "two parts" : "found 'i n g'", kind: .invalidMerges) {
        $0.inPairs = inPairs
        $0.merges[1] = "i n g"
      }
    }
    try expect("merge 1 of 'model.merges'", "found 'in'", kind: .invalidMerges) { $0.merges[1] = "in" }
    try expect("line break", kind: .invalidMerges) { $0.merges[1] = "i n\nt h" }
    try expect("merge 1 of 'model.merges'", "two parts", kind: .invalidMerges) { file in
      file.inPairs = true
      file.merges[1] = "in"
    }
    try expect("'<|startoftext|>', which is a marker", kind: .invalidMerges) { file in
      file.merges = ["< |"]
      let parts = ["<|"] + "startoftext".map(String.init) + ["|", ">"]
      var made = parts[0]
      for part in parts.dropFirst() {
        file.merges.append("\(made) \(part)")
        made += part
      }
    }
  }

  // MARK: - Other tokenizers

  @Test func anotherModelIsRefused() throws {
    try expect("this is not BERT's uncased tokenizer") { $0.settings = "\"type\":\"WordPiece\"," }
    for type in ["Unigram", "WordLevel"] {
      try expect("'model.type' is '\(type)', CLIP's is 'BPE'") { $0.settings = "\"type\":\"\(type)\"," }
    }
    try expect("'model.end_of_word_suffix' is '', CLIP's is '</w>'") {
      $0.suffix = #""end_of_word_suffix":"","#
    }
    try expect("'model.end_of_word_suffix' is null") { $0.suffix = #""end_of_word_suffix":null,"# }
    try expect("'model.end_of_word_suffix' is missing") { $0.suffix = "" }
    try expect("'model.continuing_subword_prefix' is '##'") {
      $0.prefix = "\"continuing_subword_prefix\":\"##\","
    }
    // With bytes to fall back to it is read as SigLIP 2's, whose texts are not composed.
    try expect("'normalizer': the step 'NFC' is not computed; SigLIP 2's tokenizer", kind: .unsupported) {
      $0.settings += #""byte_fallback":true,"#
    }
    try expect("'model.ignore_merges' is true") { $0.settings += #""ignore_merges":true,"# }
  }

  @Test func anotherNormalizerIsRefused() throws {
    try expect("'normalizer'", "no step 'Lowercase'") { $0.normalizer = "null" }
    try expect("'normalizer'", "no step 'Lowercase'") { $0.normalizer = #"{"type":"NFC"}"# }
    try expect("'BertNormalizer'") { $0.normalizer = #"{"type":"BertNormalizer","lowercase":true}"# }
    try expect("'StripAccents'") { $0.normalizer.replace(#""NFC""#, with: #""StripAccents""#) }
    try expect("'Sequence'") { $0.normalizer.replace(#""NFC""#, with: #""Sequence","normalizers":[]"#) }
    try expect("replaces '[a-z]' by ' '") { $0.normalizer.replace(#"\\s+"#, with: "[a-z]") }
    try expect("replaces 'String: \\s+' by ' '") { $0.normalizer.replace("Regex", with: "String") }
    try expect("by 'x'") { $0.normalizer.replace(#""content":" ""#, with: #""content":"x""#) }
    try expect("over 16 steps", kind: .limit) {
      $0.normalizer.replace(
        #"{"type":"NFC"}"#, with: String(repeating: #"{"type":"NFC"},"#, count: 16) + "{}")
    }
  }

  @Test func anotherPreTokenizerIsRefused() throws {
    try expect("'pre_tokenizer'", "the steps ()") { $0.preTokenizer = "null" }
    try expect("the steps (ByteLevel)") { $0.preTokenizer = #"{"type":"ByteLevel"}"# }
    try expect("(Split, Metaspace)") { $0.preTokenizer.replace("ByteLevel", with: "Metaspace") }
    try expect("splits by") { $0.preTokenizer.replace("'s|'t", with: "'s") }
    try expect("'Isolated', inverted") { $0.preTokenizer.replace("Removed", with: "Isolated") }
    try expect("'Removed', not inverted") { $0.preTokenizer.replace("true},{", with: "false},{") }
    try expect("add_prefix_space") {
      $0.preTokenizer.replace(#"prefix_space":false"#, with: #"prefix_space":true"#)
    }
  }

  @Test func missingSectionsAreNamed() throws {
    let text = try HuggingFace().text
    for (name, found) in [
      ("model", "over 256 keys"), ("normalizer", "'normalizer' is missing"),
      // A skipped unknown value may not be as large as a vocabulary.
      ("pre_tokenizer", "'pre_tokenizer' is missing"), ("vocab", "over 256 keys"),
      ("merges", "'model.merges' is missing"),
    ] {
      let error = failure { _ = try Tokenizer(list: text.replacing("\"\(name)\":", with: "\"other\":")) }
      #expect(error?.message.contains(found) == true, "\(error?.message ?? "no error")")
    }
    let empty = #""model":{"type":"BPE","end_of_word_suffix":"</w>"}"#
    #expect(failure { _ = try Tokenizer(list: "{\(empty)}") }?.message == "'model.vocab' is missing")
    #expect(
      failure { _ = try Tokenizer(list: #"{"add_prefix_space": false}"#) }?.message
        == "this JSON has no 'model'; give a tokenizer.json, or a merge list (merges.txt)")
    let twice = text.replacing("\"version\":", with: "\"model\":null, \"model\":")
    #expect(failure { _ = try Tokenizer(list: twice) }?.kind == .invalidVocabulary)
  }

  @Test func aSectionGivenTwiceIsRefused() throws {
    var file = try HuggingFace()
    file.settings += #""vocab":{},"#
    #expect(error(file)?.message.contains("'vocab' appears twice") == true)
  }

  // MARK: - Any bytes

  @Test func everyTruncationIsAnError() throws {
    let bytes = Array(try HuggingFace().text.utf8).dropLast()
    for length in stride(from: 1, to: bytes.count, by: 7) {
      #expect(failure { _ = try Tokenizer(list: Array(bytes[..<length])) } != nil, "\(length)")
    }
  }

  @Test func damagedBytesAreAnErrorOrTheSameMerges() throws {
    let sound = Array(try HuggingFace().text.utf8)
    let merges = try Tiny.tokenizer().mergeText
    let scraps = ["\"", "\\", "{", "}", "[", "]", ",", ":", "null", "\\u0000", "\\ud800", "9", "-", "\u{7F}"]
    var dice = Dice(state: 21)
    for _ in 0..<1500 {
      var bytes = sound
      for _ in 0..<Int.random(in: 1...3, using: &dice) {
        let place = Int.random(in: 0..<bytes.count, using: &dice)
        switch Int.random(in: 0..<4, using: &dice) {
        case 0: bytes[place] = UInt8.random(in: 0...255, using: &dice)
        case 1: bytes.remove(at: place)
        case 2: bytes.insert(contentsOf: (scraps.randomElement(using: &dice) ?? "").utf8, at: place)
        default: bytes.removeSubrange(place..<min(place + 40, bytes.count))
        }
      }
      do {
        let tokenizer = try Tokenizer(list: bytes)
        // Nothing that matters was hit: the vocabulary leaves no choice.
        #expect(try tokenizer.mergeText == merges)
      } catch let error as Failure {
        #expect(!error.message.contains("\n"))
      }
    }
  }
}
