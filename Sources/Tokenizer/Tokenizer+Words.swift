import System

/// Questions about words of CLIP's tokenizer: a vocabulary that was learned from a model's captions has a token for each
/// of their words, and splits other words into several tokens.
extension Tokenizer {
  /// Calls `body` with each word of the cleaned text, cut after 40 characters, and with whether the word is a single
  /// token. Stops when `body` returns false.
  public func forEachWord(
    of utf8: UnsafeBufferPointer<UInt8>, _ body: (_ word: String, _ isWhole: Bool) -> Bool
  ) throws(Failure) {
    let text = try TextCleaner.clean(utf8)
    var ids = try GrowingArray<Int32>(capacity: 80)
    var encoder = BytePairEncoder()
    var words = WordSplitter(text.view)
    while let word = words.next() {
      guard case .text(let range) = word else { continue }
      ids.removeAll()
      for scalar in text.view[range] { try encoder.append(scalar: scalar) }
      try encoder.finishWord(merges, into: &ids)
      var shown = String.UnicodeScalarView()
      for scalar in text.view[range].prefix(40).compactMap({ Unicode.Scalar($0) }) { shown.append(scalar) }
      guard body(String(shown), ids.count == 1) else { return }
    }
  }

  /// Whether a text has the same token ids as one of `count` other texts, so that a model cannot tell them apart.
  /// `other` returns the text of an index, 0 to `count` - 1.
  public func isSame(
    _ utf8: UnsafeBufferPointer<UInt8>, asOneOf count: Int, _ other: (Int) -> UnsafeBufferPointer<UInt8>
  ) throws(Failure) -> Bool {
    let wanted = try ids(of: utf8)
    for index in 0..<count {
      let own = try ids(of: other(index))
      if own.view.elementsEqual(wanted.view) { return true }
    }
    return false
  }
}
