import System

/// Words that a vocabulary holds as one token. A vocabulary that was learned from a model's captions holds their words
/// whole, and cuts other words into pieces.
extension Tokenizer {
  /// Calls `body` with each word of the cleaned text, cut at 40 characters, and whether it is one token; until it
  /// returns false.
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

  /// Whether a text is the same to a model as one of others, which `other` gives by their index, 0 to `count` - 1.
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
