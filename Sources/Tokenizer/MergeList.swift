import System

/// Merges as numbers, the best rank first. Ids: 256 bytes, the same 256 at the end of a word, then one per
/// merge, then the two markers. Source: CLIP `SimpleTokenizer.__init__`. `MergeBuilder` makes one.
struct MergeList: ~Copyable {
  /// Merges of CLIP's own vocabulary of 49,408; the standard file goes on after them.
  static let standardCount = 48_894
  static let maximumCount = 1_000_000
  /// 256 bytes, twice.
  static let byteSymbols = 512
  /// The byte symbols and the two markers.
  static let fixedSymbols = byteSymbols + 2

  let pairs: PairTable
  let count: Int

  /// The list as a file's text: a header and the merges that are used. What is read from it again is the
  /// same list.
  func text() throws(Failure) -> GrowingArray<UInt8> {
    try checkCancelled()
    var lefts = try GrowingArray<Int32>(repeating: 0, count: count)
    var rights = try GrowingArray<Int32>(repeating: 0, count: count)
    pairs.forEach { left, right, rank in
      lefts[Int(rank)] = left
      rights[Int(rank)] = right
    }
    var symbols = try SymbolTable(capacity: Self.byteSymbols + count)
    for id in 0..<Self.byteSymbols {
      _ = try ByteAlphabet.spelling(of: id).withUnsafeBufferPointer { (spelling) throws(Failure) in
        try symbols.insert(spelling)
      }
    }
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

  /// How many merges a vocabulary of `size` has.
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
