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
  var text: String {
    var pairs = [(left: Int32, right: Int32)](repeating: (0, 0), count: count)
    self.pairs.forEach { left, right, rank in pairs[Int(rank)] = (left, right) }
    var spellings = (0..<Self.byteSymbols).map { ByteAlphabet.spelling(of: $0) }
    var text = Array("#version: 0.2\n".utf8)
    for (left, right) in pairs {
      let (first, second) = (spellings[Int(left)], spellings[Int(right)])
      text += first + [UInt8(ascii: " ")] + second + [UInt8(ascii: "\n")]
      spellings.append(first + second)
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// How many merges a vocabulary of `size` has.
  static func count(ofVocabulary size: Int) throws(TokenizerError) -> Int {
    guard size >= fixedSymbols, size - fixedSymbols <= maximumCount else {
      throw TokenizerError(
        .vocabularyMismatch,
        "a vocabulary of \(size) cannot be CLIP's: expected \(fixedSymbols) to "
          + "\(fixedSymbols + maximumCount) entries (512 byte symbols, merges, two markers)")
    }
    return size - fixedSymbols
  }
}
