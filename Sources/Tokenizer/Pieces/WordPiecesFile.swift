import System
import Text

/// The reader of BERT's vocabularies: vocab.txt, a piece a line, and a tokenizer.json whose model is WordPiece. Only the
/// uncased form is computed; each other setting of a tokenizer.json is refused by name.
struct WordPiecesFile: TokenizerSections, ~Copyable {
  private var vocabulary = Vocabulary(limit: PieceTable.maximumPieces)
  private var added = Vocabulary(limit: PieceTable.maximumPieces)
  private var hasNormalizer = false
  private var hasPreTokenizer = false

  private static let firstLine: StaticString = "[PAD]"

  /// Whether a text is a vocab.txt: its first piece is the padding.
  static func isList(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let mark = UnsafeBufferPointer(start: firstLine.utf8Start, count: firstLine.utf8CodeUnitCount)
    guard bytes.count > mark.count, bytes.prefix(mark.count).elementsEqual(mark) else { return false }
    return bytes[mark.count] == 0x0A || bytes[mark.count] == 0x0D
  }

  /// Whether the model of a tokenizer.json is WordPiece. False for one that says so after its vocabulary, which no
  /// program writes, and for one that cannot be read so far.
  static func isOne(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    let limit = TokenizerJSON.maximumText
    do throws(Failure) {
      var json = TokenizerJSON.reader(bytes)
      try json.beginObject()
      while let key = try json.nextKey(atMost: limit) {
        guard key == "model" else {
          try json.skip(atMost: limit)
          continue
        }
        try json.beginObject()
        while let key = try json.nextKey(atMost: limit), key != "vocab" {
          switch key {
          case "type" where try json.kind() == .string: return try json.string(atMost: limit) == "WordPiece"
          // Older files do not state the type.
          case "max_input_chars_per_word": return true
          default: try json.skip(atMost: limit)
          }
        }
        return false
      }
    } catch { return false }
    return false
  }

  static func readList(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> WordPieces {
    var pieces = PieceTable()
    var rest = bytes[...]
    while !rest.isEmpty {
      if pieces.count % 1024 == 0 { try checkCancelled() }
      let end = rest.firstIndex(of: 0x0A) ?? rest.endIndex
      var line = rest[..<end]
      if line.last == 0x0D { line = line.dropLast() }
      let piece = UnsafeBufferPointer(rebasing: line)
      guard isUTF8(piece) else { throw Failure(.invalidVocabulary, "line \(pieces.count + 1) is not UTF-8") }
      try pieces.append(piece)
      rest = rest[min(end + 1, rest.endIndex)...]
    }
    return try WordPieces(pieces)
  }

  static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> WordPieces {
    var file = WordPiecesFile()
    try TokenizerJSON.forEachSection(of: bytes, &file)
    return try file.finish()
  }

  private consuming func finish() throws(Failure) -> WordPieces {
    guard hasNormalizer, hasPreTokenizer else {
      throw WordPiecesFile.refusal("'normalizer' or 'pre_tokenizer' is missing")
    }
    var pieces = PieceTable()
    for id in 0..<vocabulary.end {
      guard let piece = vocabulary.token(id) else {
        throw Failure(.invalidVocabulary, "no token of the vocabulary has the id \(id)")
      }
      try pieces.append(piece)
    }
    for id in 0..<added.end {
      guard let token = added.token(id) else { continue }
      let isMark = WordPieces.markNames.contains {
        token.elementsEqual(UnsafeBufferPointer(start: $0.utf8Start, count: $0.utf8CodeUnitCount))
      }
      guard isMark, vocabulary.token(id)?.elementsEqual(token) == true else {
        throw WordPiecesFile.refusal(
          "the added token \(quoted(token, limit: 40)) of the id \(id) is no mark of the vocabulary")
      }
    }
    return try WordPieces(pieces)
  }

  private static func refusal(_ difference: String) -> Failure {
    Failure(.invalidVocabulary, "\(difference): this is not BERT's uncased tokenizer, which CLIPA has")
  }

  mutating func readSection(_ key: String, _ json: inout JSONReader) throws(Failure) {
    switch key {
    case "model": try readModel(&json)
    case "added_tokens":
      if try json.kind() == .null { return try json.null() }
      try added.readAdded(&json)
    case "normalizer":
      hasNormalizer = true
      try WordPiecesFile.check(
        &json, ["BertNormalizer"], on: ["clean_text", "handle_chinese_chars", "lowercase"])
    case "pre_tokenizer":
      hasPreTokenizer = true
      try WordPiecesFile.check(&json, ["BertPreTokenizer"], on: [])
    case "post_processor":
      if try json.kind() == .null { return try json.null() }
      try WordPiecesFile.check(&json, ["TemplateProcessing", "BertProcessing"], on: [])
    default: try json.skip(atMost: TokenizerJSON.maximumText)
    }
  }

  /// Checks a step's type and that each of its keys in `on` is true; accents are stripped by default, as in lower case.
  private static func check(
    _ json: inout JSONReader, _ types: [String], on: [String]
  ) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
      switch key {
      case "type":
        let type = try json.string(atMost: TokenizerJSON.maximumText)
        guard types.contains(type) else { throw refusal("its type is \(quoted(type.utf8))") }
      case let key where on.contains(key):
        guard try json.bool() else { throw refusal("'\(key)' is false") }
      case "strip_accents" where try json.kind() != .null:
        guard try json.bool() else { throw refusal("'\(key)' is false") }
      default: try json.skip(atMost: TokenizerJSON.maximumText)
      }
    }
  }

  private mutating func readModel(_ json: inout JSONReader) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
      switch key {
      case "type": try WordPiecesFile.expect("WordPiece", key, &json)
      case "unk_token": try WordPiecesFile.expect("[UNK]", key, &json)
      case "continuing_subword_prefix": try WordPiecesFile.expect("##", key, &json)
      case "max_input_chars_per_word":
        let most = try json.integer()
        guard most == WordPieces.maximumWord else { throw WordPiecesFile.refusal("'\(key)' is \(most)") }
      case "vocab": try vocabulary.readTable(&json)
      default: try json.skip(atMost: TokenizerJSON.maximumText)
      }
    }
  }

  private static func expect(_ expected: String, _ key: String, _ json: inout JSONReader) throws(Failure) {
    let found = try json.string(atMost: TokenizerJSON.maximumText)
    guard found == expected else { throw refusal("'\(key)' is \(quoted(found.utf8))") }
  }
}
