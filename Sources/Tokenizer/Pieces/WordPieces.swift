import System
import Text

/// BERT's word pieces as CLIPA has them: each word of a cleaned text is the longest piece that it begins with, then the
/// longest ones that go on, which are spelled with "##" in front; a word that is not such a chain is one "[UNK]". A row
/// is "[CLS]", the ids, and zeros, also in place of "[SEP]". Ids equal those of open_clip's tokenizer of its CLIPA, with
/// ftfy installed. Source: open_clip `HFTokenizer`, tokenizers `models/wordpiece/mod.rs`.
final class WordPieces: PieceModel {
  private let pieces: PieceTable
  private let unknown: Int32
  private let start: Int32
  private let separator: Int32
  private let mask: Int32

  /// The longest word that is not one "[UNK]", in characters.
  static let maximumWord = 100
  /// Rows of a model's table of embeddings that no piece has, at most; CLIPA has 32,000 rows for 30,522 pieces.
  private static let maximumSpare = 2048

  var count: Int { pieces.count }
  var kind: TokenizerKind { .wordPieces }
  var marks: Int { 2 }
  /// The mark at the end becomes padding, which is zero.
  var endOfText: Int32 { 0 }
  var padding: Int32 { 0 }

  /// Takes the pieces in the order of their ids. Fails where a mark is missing, or a piece holds a line break.
  init(_ given: consuming PieceTable) throws(Failure) {
    try given.sort { _ in true }
    for id in 0..<given.count where given[id].contains(where: { $0 == 0x0A || $0 == 0x0D }) {
      throw Failure(.invalidVocabulary, "piece \(id) of the vocabulary holds a line break")
    }
    guard try WordPieces.mark("[PAD]", given) == 0 else {
      throw Failure(.invalidVocabulary, "the mark '[PAD]' is not the first of the vocabulary, as in BERT's")
    }
    unknown = try WordPieces.mark("[UNK]", given)
    start = try WordPieces.mark("[CLS]", given)
    separator = try WordPieces.mark("[SEP]", given)
    mask = try WordPieces.mark("[MASK]", given)
    pieces = given
  }

  /// The marks, which are found in a text as they are spelled.
  static let markNames: [StaticString] = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]

  private static func mark(_ mark: StaticString, _ pieces: borrowing PieceTable) throws(Failure) -> Int32 {
    if let id = pieces.find(UnsafeBufferPointer(start: mark.utf8Start, count: mark.utf8CodeUnitCount)) {
      return id
    }
    throw Failure(.invalidVocabulary, "the vocabulary has no mark '\(mark)': it is not BERT's")
  }

  func check(vocabularySize size: Int?) throws(Failure) {
    guard let size, count > size || size - count > WordPieces.maximumSpare else { return }
    throw Failure(
      .vocabularyMismatch, "the tokenizer has \(count) tokens, but the model's vocabulary has \(size)")
  }

  // MARK: - Encoding

  func append(_ utf8: UnsafeBufferPointer<UInt8>, to ids: inout GrowingArray<Int32>) throws(Failure) {
    let text = try TextCleaner.clean(utf8, lowers: false)
    var word = GrowingArray<UInt8>()
    var (first, position) = (0, 0)
    func appendWords(_ end: Int) throws(Failure) {
      let part = UnsafeBufferPointer(rebasing: text.view[first..<end])
      try BERTWords.forEach(of: part) { (scalars) throws(Failure) in
        try checkCancelled()
        try append(word: scalars, &word, to: &ids)
      }
    }
    while position < text.count {
      guard let (id, length) = mark(in: text.view, at: position) else {
        position += 1
        continue
      }
      try appendWords(position)
      try ids.append(id)
      position += length
      first = position
    }
    try appendWords(text.count)
  }

  /// The mark that a text has at a place.
  private func mark(in text: UnsafeBufferPointer<UInt32>, at place: Int) -> (id: Int32, length: Int)? {
    guard text[place] == 0x5B else { return nil }
    let ids = [0, unknown, start, separator, mask]
    for (index, name) in WordPieces.markNames.enumerated() {
      let spelling = UnsafeBufferPointer(start: name.utf8Start, count: name.utf8CodeUnitCount)
      let rest = text[place...].prefix(spelling.count)
      if rest.elementsEqual(spelling, by: { $0 == UInt32($1) }) { return (ids[index], spelling.count) }
    }
    return nil
  }

  /// Appends the pieces of a word. `bytes` is memory for its spelling.
  private func append(
    word: UnsafeBufferPointer<UInt32>, _ bytes: inout GrowingArray<UInt8>, to ids: inout GrowingArray<Int32>
  ) throws(Failure) {
    guard word.count <= WordPieces.maximumWord else { return try ids.append(unknown) }
    let before = ids.count
    bytes.removeAll()
    // Room for the "##" of pieces that go on, which is written over what was found.
    for _ in 0..<2 { try bytes.append(UInt8(ascii: "#")) }
    for scalar in word {
      try UTF8Scalars.forEachByte(of: scalar) { (byte) throws(Failure) in try bytes.append(byte) }
    }
    var place = 2
    while place < bytes.count {
      let isFirst = place == 2
      let start = isFirst ? place : place - 2
      if !isFirst {
        bytes[start] = UInt8(ascii: "#")
        bytes[start + 1] = UInt8(ascii: "#")
      }
      var (found, end): (Int32?, Int) = (nil, 0)
      pieces.forEachPrefix(of: bytes.view, from: start) { id, length in
        if start + length > place { (found, end) = (id, start + length) }
      }
      guard let found else {
        while ids.count > before { ids.removeLast() }
        return try ids.append(unknown)
      }
      try ids.append(found)
      place = end
    }
  }

  func encodeRow(_ ids: UnsafeBufferPointer<Int32>, into row: UnsafeMutableBufferPointer<Int32>) {
    let kept = min(ids.count, row.count - marks)
    row[0] = start
    for index in 0..<kept { row[index + 1] = ids[index] == separator ? 0 : ids[index] }
    for index in kept + 1..<row.count { row[index] = 0 }
  }

  /// Appends a vocab.txt: a piece a line.
  func write(to file: inout GrowingArray<UInt8>) throws(Failure) {
    for id in 0..<pieces.count {
      try file.append(contentsOf: pieces[id])
      try file.append(UInt8(ascii: "\n"))
    }
  }
}
