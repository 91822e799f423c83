import System
import Text

/// A reader of the sections of a tokenizer.json.
protocol TokenizerSections: ~Copyable {
  /// Reads the value of a key, or skips it.
  mutating func readSection(_ key: String, _ json: inout JSONReader) throws(Failure)
}

/// A reader of the tokenizer.json of Hugging Face for CLIP tokenizers: it reads the merges, and checks every id of
/// the vocabulary and that the steps are CLIP's.
///
/// Texts are then processed as with a merge list. Hugging Face's own tokenizer differs: it has no ftfy and no HTML
/// unescaping, and recognises further added tokens in texts.
struct TokenizerJSON: ~Copyable {
  /// The longest string that is not a token, in bytes.
  static let maximumText = 4096

  private var vocabulary = Vocabulary()
  private var added = Vocabulary()
  /// The merges as text, a line "left right" each.
  private var merges = GrowingArray<UInt8>()
  private var mergeCount = 0
  private var sections = Sections()

  /// The sections of the file that were found.
  private struct Sections {
    var hasModel = false
    var hasVocabulary = false
    var hasMerges = false
    var hasSuffix = false
    var hasNormalizer = false
    var hasPreTokenizer = false
  }

  /// A JSON reader with the limits and the kind of failure for tokenizer files.
  static func reader(_ bytes: UnsafeBufferPointer<UInt8>) -> JSONReader {
    JSONReader(
      UnsafeRawBufferPointer(bytes), maximumDepth: 32, maximumKeys: 256, subject: "",
      invalid: .invalidVocabulary)
  }

  /// Reads the values of a file's keys by `readSection`, whose errors name the key.
  static func forEachSection<File: TokenizerSections & ~Copyable>(
    of bytes: UnsafeBufferPointer<UInt8>, _ file: inout File
  ) throws(Failure) {
    var json = reader(bytes)
    try json.beginObject()
    while let key = try json.nextKey(atMost: maximumText) {
      do { try file.readSection(key, &json) } catch {
        throw error.about("'\(printable(key.utf8, limit: 40))'")
      }
    }
    try json.finish()
  }

  /// Reads the content of a tokenizer.json, whose vocabulary must have `vocabularySize` tokens; nil: any number.
  static func read(
    _ bytes: UnsafeBufferPointer<UInt8>, vocabularySize: Int?
  ) throws(Failure) -> MergeBuilder {
    let required = try vocabularySize.map { size throws(Failure) in
      try MergeList.count(ofVocabulary: size)
    }
    var file = TokenizerJSON()
    var json = reader(bytes)
    try file.readSections(&json)
    try json.finish()
    var builder = try file.builder()
    try file.vocabulary.check(added: file.added, against: &builder)
    if let required, let vocabularySize, builder.count != required {
      throw Failure(
        .vocabularyMismatch,
        "the tokenizer has \(MergeList.fixedSymbols + builder.count) tokens, but the model's vocabulary "
          + "has \(vocabularySize)")
    }
    return builder
  }

  /// The failure for a tokenizer that is not CLIP's; `difference` says how it differs.
  static func notCLIPs(_ difference: String) -> Failure {
    Failure(.invalidVocabulary, "\(difference): this is not CLIP's tokenizer")
  }

  // MARK: - Sections

  private mutating func readSections(_ json: inout JSONReader) throws(Failure) {
    try json.beginObject()
    var isFirst = true
    while let key = try json.nextKey(atMost: Self.maximumText) {
      if isFirst, try json.kind() == .number {
        throw Failure(
          .invalidVocabulary,
          "this is a vocab.json, which lists tokens but no merges; give the merges.txt beside it")
      }
      isFirst = false
      try readSection(key, &json)
    }
    guard sections.hasModel else {
      throw Failure(
        .invalidVocabulary,
        "this JSON has no 'model'; give a tokenizer.json, or a merge list (merges.txt)")
    }
    guard sections.hasNormalizer else { throw Self.notCLIPs("'normalizer' is missing") }
    guard sections.hasPreTokenizer else { throw Self.notCLIPs("'pre_tokenizer' is missing") }
  }

  private mutating func readSection(
    _ key: String, _ json: inout JSONReader
  ) throws(Failure) {
    switch key {
    case "model":
      sections.hasModel = true
      try readModel(&json)
    case "added_tokens":
      if try json.kind() == .null { return try json.null() }
      do { try added.readAdded(&json) } catch { throw error.about("'added_tokens'") }
    case "normalizer":
      sections.hasNormalizer = true
      try TextStep.checkNormalizer(&json)
    case "pre_tokenizer":
      sections.hasPreTokenizer = true
      try TextStep.checkPreTokenizer(&json)
    default: try json.skip(atMost: Self.maximumText)
    }
  }

  private mutating func readModel(_ json: inout JSONReader) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: Self.maximumText) {
      switch key {
      // Old files lack "type".
      case "type": try Self.expect("BPE", key, &json)
      case "end_of_word_suffix":
        sections.hasSuffix = true
        try Self.expect("</w>", key, &json)
      case "continuing_subword_prefix":
        if try json.kind() == .null { try json.null() } else { try Self.expect("", key, &json) }
      case "byte_fallback", "ignore_merges": try Self.expectFalse(key, &json)
      case "vocab":
        sections.hasVocabulary = true
        do { try vocabulary.readTable(&json) } catch { throw error.about("'model.vocab'") }
      case "merges":
        sections.hasMerges = true
        try readMerges(&json)
      default: try json.skip(atMost: Self.maximumText)
      }
    }
    guard sections.hasSuffix else { throw Self.notCLIPs("'model.end_of_word_suffix' is missing") }
    guard sections.hasVocabulary else { throw Failure(.invalidVocabulary, "'model.vocab' is missing") }
    guard sections.hasMerges else { throw Failure(.invalidVocabulary, "'model.merges' is missing") }
  }

  /// Reads the string under `key` and fails if it is not CLIP's.
  private static func expect(
    _ expected: String, _ key: String, _ json: inout JSONReader
  ) throws(Failure) {
    var found = "null"
    if try json.kind() == .null {
      try json.null()
    } else {
      let value = try json.string(atMost: maximumText)
      if value.utf8.elementsEqual(expected.utf8) { return }
      found = quoted(value.utf8)
    }
    throw notCLIPs("'model.\(key)' is \(found), CLIP's is '\(expected)'")
  }

  private static func expectFalse(
    _ key: String, _ json: inout JSONReader
  ) throws(Failure) {
    if try json.kind() == .null { return try json.null() }
    guard try json.bool() == false else { throw notCLIPs("'model.\(key)' is true, CLIP's is false") }
  }

  // MARK: - Merges

  /// Reads the merges: strings "left right" or, in newer files, pairs ["left", "right"].
  private mutating func readMerges(_ json: inout JSONReader) throws(Failure) {
    let longest = 2 * Vocabulary.maximumTokenBytes + 1
    try json.beginArray()
    while try json.nextElement() {
      guard mergeCount < Vocabulary.maximumTokens else {
        throw Failure(.limit, "'model.merges' has over \(Vocabulary.maximumTokens) merges")
      }
      let start = merges.count
      if try json.kind() == .array {
        try json.beginArray()
        var parts = 0
        while parts < 3, try json.nextElement() {
          if parts > 0 { try merges.append(UInt8(ascii: " ")) }
          try append(json.string(atMost: Vocabulary.maximumTokenBytes))
          parts += 1
        }
        guard parts == 2 else {
          throw Failure(
            .invalidMerges, "merge \(mergeCount) of 'model.merges' does not have two parts")
        }
      } else {
        try append(json.string(atMost: longest))
      }
      // No symbol has a line break in its spelling, since all bytes are spelled with printable characters.
      let line = UnsafeBufferPointer(rebasing: merges.view[start...])
      guard !line.contains(UInt8(ascii: "\n")) else {
        throw Failure(
          .invalidMerges, "merge \(mergeCount) of 'model.merges' holds a line break: \(quoted(line))")
      }
      try merges.append(UInt8(ascii: "\n"))
      mergeCount += 1
    }
  }

  private mutating func append(_ text: String) throws(Failure) {
    for byte in text.utf8 { try merges.append(byte) }
  }

  /// A builder with the merges that were read.
  private func builder() throws(Failure) -> MergeBuilder {
    var builder = try MergeBuilder(capacity: mergeCount)
    var start = 0
    while start < merges.count {
      let rest = merges.view[start...]
      let end = rest.firstIndex(of: UInt8(ascii: "\n")) ?? merges.count
      let index = builder.count
      try builder.add(UnsafeBufferPointer(rebasing: rest[..<end]), "merge \(index) of 'model.merges'")
      start = end + 1
    }
    return builder
  }
}
