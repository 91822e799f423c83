import System

/// The merges of a tokenizer as pairs of token ids, lowest rank first. Token ids are, in order: the 256 bytes, the
/// same 256 at the end of a word, one id per merge, and the two markers. `MergeBuilder` makes a list. Source: CLIP
/// `SimpleTokenizer.__init__`.
struct MergeList: ~Copyable {
  /// The number of merges in CLIP's own vocabulary of 49,408 tokens. The standard file has more lines after them.
  static let standardCount = 48_894
  static let maximumCount = 1_000_000
  /// The number of byte symbols: 256 inside a word and 256 at its end.
  static let byteSymbols = 512
  /// The number of byte symbols and markers.
  static let fixedSymbols = byteSymbols + 2

  let pairs: PairTable
  let count: Int

  /// The list as the text of a merge file: a header line, then one line per merge. Reading it gives the same list.
  func text() throws(Failure) -> GrowingArray<UInt8> {
    try checkCancelled()
    var lefts = try GrowingArray<Int32>(repeating: 0, count: count)
    var rights = try GrowingArray<Int32>(repeating: 0, count: count)
    pairs.forEach { left, right, rank in
      lefts[Int(rank)] = left
      rights[Int(rank)] = right
    }
    var symbols = try SymbolTable(capacity: Self.byteSymbols + count)
    try symbols.insertByteSymbols()
    var text = try GrowingArray<UInt8>(capacity: count * 16)
    for byte in "#version: 0.2\n".utf8 { try text.append(byte) }
    var product = GrowingArray<UInt8>()
    for rank in 0..<count {
      product.removeAll()
      try product.append(contentsOf: symbols.spelling(of: Int(lefts[rank])))
      let middle = product.count
      try product.append(contentsOf: symbols.spelling(of: Int(rights[rank])))
      try text.append(contentsOf: UnsafeBufferPointer(rebasing: product.view[..<middle]))
      try text.append(UInt8(ascii: " "))
      try text.append(contentsOf: UnsafeBufferPointer(rebasing: product.view[middle...]))
      try text.append(UInt8(ascii: "\n"))
      _ = try symbols.insert(product.view)
    }
    return text
  }

  /// The number of merges of a vocabulary with `size` tokens.
  static func count(ofVocabulary size: Int) throws(Failure) -> Int {
    guard size >= fixedSymbols, size - fixedSymbols <= maximumCount else {
      throw Failure(
        .vocabularyMismatch,
        "a vocabulary of \(size) cannot be CLIP's: expected \(fixedSymbols) to "
          + "\(fixedSymbols + maximumCount) entries (512 byte symbols, merges, two markers)")
    }
    return size - fixedSymbols
  }
}
