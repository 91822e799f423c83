import System
import Text

/// The reader of a tokenizer.json whose model merges pairs and spells what it does not know by bytes, as Gemma's does,
/// which SigLIP 2 has. Each step of the file is done, or refused by name.
struct MergedPiecesFile: TokenizerSections, ~Copyable {
  private var vocabulary = Vocabulary(limit: PieceTable.maximumPieces)
  private var pieces: SymbolTable?
  private var pairs: PairTable?
  private var products = GrowingArray<Int32>()
  private var added = PieceTable()
  private var addedIDs = GrowingArray<Int32>()
  private var replacesSpaces = false

  /// The most merges; Gemma has 580,604.
  static let maximumMerges = 1 << 21
  private static let maximumAdded = 4096

  /// Whether the model of a tokenizer.json falls back to bytes. False for one that says so after its vocabulary, which
  /// no program writes, and for one that cannot be read so far.
  static func isOne(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
    do throws(Failure) {
      var json = TokenizerJSON.reader(bytes)
      try json.beginObject()
      while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
        guard key == "model" else {
          try json.skip(atMost: TokenizerJSON.maximumText)
          continue
        }
        try json.beginObject()
        while let key = try json.nextKey(atMost: TokenizerJSON.maximumText), key != "vocab", key != "merges" {
          if key == "byte_fallback", try json.kind() == .bool { return try json.bool() }
          if key == "end_of_word_suffix", try json.kind() == .string {
            guard try json.string(atMost: TokenizerJSON.maximumText).isEmpty else { return false }
            continue
          }
          try json.skip(atMost: TokenizerJSON.maximumText)
        }
        return false
      }
    } catch { return false }
    return false
  }

  static func read(_ bytes: UnsafeBufferPointer<UInt8>) throws(Failure) -> MergedPieces {
    var file = MergedPiecesFile()
    try TokenizerJSON.forEachSection(of: bytes, &file)
    guard file.replacesSpaces else {
      throw refusal("'normalizer' does not replace ' ' by '\u{2581}'")
    }
    return try file.finish()
  }

  private consuming func finish() throws(Failure) -> MergedPieces {
    guard let pieces, let pairs else { throw Failure(.invalidVocabulary, "'model.merges' is missing") }
    for index in 0..<added.count {
      guard pieces.find(added[index]) == addedIDs[index] else {
        throw MergedPiecesFile.refusal(
          "the added token \(quoted(added[index], limit: 40)) does not have the id \(addedIDs[index]) in "
            + "'model.vocab'")
      }
    }
    try added.sort { _ in true }
    return try MergedPieces(pieces, pairs, products, added, addedIDs)
  }

  private static func refusal(_ difference: String) -> Failure {
    Failure(.invalidVocabulary, "\(difference): this is not SigLIP 2's tokenizer")
  }

  mutating func readSection(_ key: String, _ json: inout JSONReader) throws(Failure) {
    switch key {
    case "model": try readModel(&json)
    case "added_tokens":
      if try json.kind() == .null { return try json.null() }
      try readAdded(&json)
    case "normalizer": replacesSpaces = try TextStep.checkPieceNormalizer(&json)
    case "pre_tokenizer": try TextStep.checkPiecePreTokenizer(&json)
    case "post_processor": try readTemplate(&json)
    default: try json.skip(atMost: TokenizerJSON.maximumText)
    }
  }

  // MARK: - The model

  private mutating func readModel(_ json: inout JSONReader) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
      switch key {
      case "type":
        let type = try json.string(atMost: TokenizerJSON.maximumText)
        guard type == "BPE" else { throw MergedPiecesFile.refusal("'type' is \(quoted(type.utf8))") }
      case "vocab": try readVocabulary(&json)
      case "merges": try readMerges(&json)
      case "byte_fallback": guard try json.bool() else { throw MergedPiecesFile.refusal("'\(key)' is false") }
      case "ignore_merges": guard try !json.bool() else { throw MergedPiecesFile.refusal("'\(key)' is true") }
      case "dropout", "continuing_subword_prefix", "end_of_word_suffix":
        switch try json.kind() {
        case .null: try json.null()
        case .string where try json.string(atMost: TokenizerJSON.maximumText).isEmpty: break
        default: throw MergedPiecesFile.refusal("'\(key)' is not null")
        }
      default: try json.skip(atMost: TokenizerJSON.maximumText)  // what is unknown is spelled by bytes
      }
    }
  }

  private mutating func readVocabulary(_ json: inout JSONReader) throws(Failure) {
    try vocabulary.readTable(&json)
    var pieces = try SymbolTable(capacity: vocabulary.end)
    for id in 0..<vocabulary.end {
      try checkCancelled()
      guard let piece = vocabulary.token(id) else {
        throw Failure(.invalidVocabulary, "no token of the vocabulary has the id \(id)")
      }
      guard try pieces.insert(piece) != nil else {
        throw Failure(.invalidVocabulary, "the token \(quoted(piece, limit: 40)) is there twice")
      }
    }
    self.pieces = consume pieces
  }

  /// Reads the merges: strings "left right" or, in newer files, pairs ["left", "right"].
  private mutating func readMerges(_ json: inout JSONReader) throws(Failure) {
    guard pieces != nil else {
      throw Failure(.invalidVocabulary, "'model.merges' stands before 'model.vocab'")
    }
    var found = GrowingArray<Int32>()  // left, right, left, right, …
    var text = GrowingArray<UInt8>()
    try json.beginArray()
    while try json.nextElement() {
      try checkCancelled()
      guard products.count < MergedPiecesFile.maximumMerges else {
        throw Failure(.limit, "'model.merges' has over \(MergedPiecesFile.maximumMerges) merges")
      }
      let middle = try MergedPiecesFile.readMerge(&json, into: &text)
      let all = text.view
      guard let middle,
        let left = pieces?.find(UnsafeBufferPointer(rebasing: all[..<middle])),
        let right = pieces?.find(UnsafeBufferPointer(rebasing: all[middle...])),
        let product = pieces?.find(all)
      else {
        throw Failure(
          .invalidMerges,
          "merge \(products.count) of 'model.merges' is not of two tokens that make a third, all in the vocabulary"
        )
      }
      try found.append(left)
      try found.append(right)
      try products.append(product)
    }
    var pairs = try PairTable(capacity: products.count)
    for rank in 0..<products.count {
      let (left, right) = (found[2 * rank], found[2 * rank + 1])
      guard pairs.rank(left, right) == PairTable.none else {
        throw Failure(.invalidMerges, "merge \(rank) of 'model.merges' is there twice")
      }
      pairs.insert(left, right, rank: Int32(rank))
    }
    self.pairs = consume pairs
  }

  /// Reads a merge to `text`, its two parts one after the other; returns where the second begins, nil for another form.
  private static func readMerge(
    _ json: inout JSONReader, into text: inout GrowingArray<UInt8>
  ) throws(Failure) -> Int? {
    text.removeAll()
    let limit = PieceTable.maximumPieceBytes
    guard try json.kind() == .array else {
      try json.string(atMost: 2 * limit + 1, into: &text)
      let space = UInt8(ascii: " ")
      guard let middle = text.view.firstIndex(of: space), text.view.lastIndex(of: space) == middle else {
        return nil
      }
      for index in middle..<text.count - 1 { text[index] = text[index + 1] }
      text.removeLast()
      return middle
    }
    var (parts, middle) = (0, 0)
    try json.beginArray()
    while try json.nextElement() {
      guard parts < 2 else { return nil }
      middle = text.count
      try json.string(atMost: limit, into: &text)
      parts += 1
    }
    return parts == 2 ? middle : nil
  }

  // MARK: - Added tokens and marks

  private mutating func readAdded(_ json: inout JSONReader) throws(Failure) {
    try json.beginArray()
    while try json.nextElement() {
      guard addedIDs.count < MergedPiecesFile.maximumAdded else {
        throw Failure(.limit, "over \(MergedPiecesFile.maximumAdded) tokens are added")
      }
      var id: Int?
      var content = GrowingArray<UInt8>()
      try json.beginObject()
      while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
        switch key {
        case "id": id = try json.integer()
        case "content": try json.string(atMost: PieceTable.maximumPieceBytes, into: &content)
        case "single_word", "lstrip", "rstrip", "normalized":
          guard try !json.bool() else {
            throw MergedPiecesFile.refusal(
              "the added token \(quoted(content.view, limit: 40)) has '\(key)' true")
          }
        default: try json.skip(atMost: TokenizerJSON.maximumText)
        }
      }
      guard let id, id < PieceTable.maximumPieces, !content.isEmpty else {
        throw Failure(
          .invalidVocabulary, "a token without 'id' or without 'content', or with too large an id")
      }
      try added.append(content.view)
      try addedIDs.append(Int32(id))
    }
  }

  /// Checks the marks that are put around a text: none, or the one at its end, which SigLIP 2 always has.
  private func readTemplate(_ json: inout JSONReader) throws(Failure) {
    if try json.kind() == .null { return try json.null() }
    var marks: [String] = []
    try json.beginObject()
    while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
      switch key {
      case "type":
        let type = try json.string(atMost: TokenizerJSON.maximumText)
        guard type == "TemplateProcessing" else {
          throw MergedPiecesFile.refusal("its type is \(quoted(type.utf8))")
        }
      case "single":
        try json.beginArray()
        while try json.nextElement() {
          guard marks.count < 8 else { throw Failure(.limit, "'single' has over 8 parts") }
          try json.beginObject()
          guard let kind = try json.nextKey(atMost: TokenizerJSON.maximumText) else { continue }
          try json.beginObject()
          while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
            if key == "id" {
              marks.append(kind == "Sequence" ? "" : try json.string(atMost: TokenizerJSON.maximumText))
              if kind == "Sequence" { _ = try json.string(atMost: TokenizerJSON.maximumText) }
            } else {
              try json.skip(atMost: TokenizerJSON.maximumText)
            }
          }
          guard try json.nextKey(atMost: TokenizerJSON.maximumText) == nil else {
            throw Failure(.invalidVocabulary, "'single' has a part of two kinds")
          }
        }
      default: try json.skip(atMost: TokenizerJSON.maximumText)
      }
    }
    guard marks == [""] || marks == ["", "<eos>"] else {
      throw MergedPiecesFile.refusal("other marks than '<eos>' at the end are put around a text")
    }
  }
}
