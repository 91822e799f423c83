import System
import Text

/// A tokenizer, from text to token ids: CLIP's byte-level BPE, the pieces of SigLIP, or BERT's word pieces. CLIP's ids equal those of the
/// reference's `SimpleTokenizer` with ftfy installed. It is immutable after loading, and any number of threads may use
/// it.
///
/// CLIP's vocabulary in the order of ids: the 256 bytes, the same 256 at the end of a word, one symbol per merge,
/// `<|startoftext|>`, `<|endoftext|>`.
public final class Tokenizer: Sendable {
  /// CLIP's merges; none in a tokenizer of pieces.
  let merges: MergeList
  let pieces: (any PieceModel)?

  /// Reads a tokenizer from a regular file: CLIP's merge list, a Hugging Face tokenizer.json of CLIP or SigLIP 2, plain
  /// or compressed with gzip, SigLIP's spiece.model, or BERT's vocab.txt or tokenizer.json. The content tells the format. The file has at most 64 MB, and
  /// at most 16 MB compressed. A vocab.json beside a merges.txt must agree with it.
  ///
  /// - Parameter vocabularySize: the number of tokens in the model's vocabulary. A merge list must have that number
  ///   less 514 merges, and later ones are ignored; a tokenizer.json must have exactly that many tokens. nil: all
  ///   tokens of a tokenizer.json, or the standard 49,408 of a merge list, or fewer if the list is shorter. Pieces may
  ///   be up to 127 fewer.
  public convenience init(path: FilePath, vocabularySize: Int? = nil) throws(Failure) {
    let contents: TokenizerFormat.Contents
    do throws(Failure) {
      let bytes = try TokenizerFile.read(path)
      contents = try TokenizerFormat.read(bytes.view, vocabularySize: vocabularySize)
    } catch { throw error.about(TokenizerFile.name(path)) }
    switch consume contents {
    case .pieces(let model): try self.init(model)
    case .merges(let builder): self.init(try Tokenizer.checked(builder, beside: path))
    }
  }

  /// The merges of a merges.txt once they agree with a vocab.json beside it, if there is one; those of another file as
  /// they are.
  private static func checked(
    _ merges: consuming MergeBuilder, beside path: FilePath
  ) throws(Failure) -> MergeBuilder {
    var builder = merges
    if let beside = TokenizerFile.vocabulary(beside: path) {
      do throws(Failure) {
        let bytes = try TokenizerFile.read(beside)
        try Vocabulary.check(file: bytes.view, against: &builder)
      } catch { throw error.about(TokenizerFile.name(beside)) }
    }
    return builder
  }

  /// Reads a merge list from its text.
  public convenience init(
    mergeList: UnsafeBufferPointer<UInt8>, vocabularySize: Int? = nil
  ) throws(Failure) {
    self.init(try MergeText.read(mergeList, vocabularySize: vocabularySize))
  }

  /// Reads a tokenizer from the content of a file in memory, which is not used after the call.
  public convenience init(
    file bytes: UnsafeRawBufferPointer, vocabularySize: Int? = nil
  ) throws(Failure) {
    let bytes = UnsafeBufferPointer(
      start: bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), count: bytes.count)
    switch try TokenizerFormat.read(bytes, vocabularySize: vocabularySize) {
    case .pieces(let model): try self.init(model)
    case .merges(let builder): self.init(builder)
    }
  }

  private init(_ builder: consuming MergeBuilder) {
    merges = builder.finish()
    pieces = nil
  }

  private init(_ pieces: any PieceModel) throws(Failure) {
    merges = try MergeBuilder(capacity: 0).finish()
    self.pieces = pieces
  }

  /// Whether it is of pieces, SigLIP's or BERT's, which have no merge list.
  public var isOfPieces: Bool { pieces != nil }

  public var kind: TokenizerKind { pieces?.kind ?? .bytePairs }

  /// The bytes of a tokenizer file that gives the same ids; empty for CLIP's, which has a merge list. Each call makes it
  /// anew.
  public func pieceFile() throws(Failure) -> GrowingArray<UInt8> {
    var file = GrowingArray<UInt8>()
    try pieces?.write(to: &file)
    return file
  }

  /// The text of a merge file with exactly the merges in use, as a list of one text; nil for a tokenizer of pieces. Each
  /// call makes it anew.
  public func mergeList() throws(Failure) -> TextList? {
    guard pieces == nil else { return nil }
    let list = TextList()
    let text = try merges.text()
    try list.append(text.view)
    return list
  }

  /// The number of tokens: of CLIP's 512 byte symbols, the merges in use, and two markers.
  public var vocabularySize: Int { pieces?.count ?? MergeList.fixedSymbols + merges.count }

  /// The id of CLIP's `<|startoftext|>`.
  public var startOfText: Int32 { Int32(vocabularySize - 2) }

  /// The id of CLIP's `<|endoftext|>`. It is the largest id, by which the text encoder finds the end of a text.
  public var endOfText: Int32 { Int32(vocabularySize - 1) }

  /// Calls `body` with the token ids of a text, without markers; they are valid during the call. A marker of CLIP's or
  /// SigLIP 2's or BERT's that is spelled in the text becomes its id, and NUL bytes are ordinary text. The text has at most 4 MB.
  public func encode(
    _ utf8: UnsafeBufferPointer<UInt8>, _ body: (UnsafeBufferPointer<Int32>) throws(Failure) -> Void
  ) throws(Failure) {
    let ids = try self.ids(of: utf8)
    try body(ids.view)
  }

  /// Writes the row of a text for the text encoder: start marker, ids, end marker, and zeros up to `contextLength`; of
  /// pieces their marks, ids, and padding.
  ///
  /// - Parameters:
  ///   - contextVectors: the context vectors of the model, whose ids stand in place of a `ContextMarker`; a text with a
  ///     marker fails if there are none.
  ///   - truncate: whether a text of more than `contextLength` - 2 ids is cut, so that the end marker is the last id;
  ///     if false, such a text fails, as in the reference.
  ///   - row: room for at least `contextLength` ids; written on success only.
  public func encodeRow(
    _ utf8: UnsafeBufferPointer<UInt8>, contextLength: Int, contextVectors: Int = 0, truncate: Bool,
    into row: UnsafeMutableBufferPointer<Int32>
  ) throws(Failure) {
    guard contextLength >= 2, row.count >= contextLength else {
      throw Failure(
        .invalidArgument,
        "a row of \(row.count) ids does not fit a context of \(contextLength): the context needs at least 2 ids for "
          + "the markers, and the row at least as many as the context")
    }
    let ids = try ids(of: utf8, contextVectors: contextVectors)
    let room = contextLength - (pieces?.marks ?? 2)
    guard ids.count <= room || truncate else {
      throw Failure(
        .textTooLong,
        "the text \(quoted(utf8, limit: 40)) has \(ids.count) tokens, but a context of \(contextLength) "
          + "holds \(room); shorten it or ask for truncation")
    }
    if let pieces {
      let own = UnsafeMutableBufferPointer(rebasing: row[..<contextLength])
      return pieces.encodeRow(ids.view, into: own)
    }
    let kept = min(ids.count, room)
    row[0] = startOfText
    for index in 0..<kept { row[index + 1] = ids[index] }
    row[kept + 1] = endOfText
    for index in kept + 2..<contextLength { row[index] = 0 }
  }

  /// The token ids of a text, without markers.
  func ids(of utf8: UnsafeBufferPointer<UInt8>) throws(Failure) -> GrowingArray<Int32> {
    if let pieces {
      var ids = try GrowingArray<Int32>(capacity: 80)
      try pieces.append(utf8, to: &ids)
      return ids
    }
    let text = try TextCleaner.clean(utf8)
    var ids = try GrowingArray<Int32>(capacity: 80)
    var encoder = BytePairEncoder()
    var words = WordSplitter(text.view)
    while let word = words.next() {
      try checkCancelled()
      switch word {
      case .startOfText: try ids.append(startOfText)
      case .endOfText: try ids.append(endOfText)
      case .text(let range):
        for scalar in text.view[range] { try encoder.append(scalar: scalar) }
        try encoder.finishWord(merges, into: &ids)
      }
    }
    return ids
  }
}
