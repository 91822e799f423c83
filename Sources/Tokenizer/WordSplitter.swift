/// Splits cleaned text into words by CLIP's pattern, case ignored:
/// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`.
/// Source: CLIP `SimpleTokenizer.pat`.
struct WordSplitter {
  enum Word {
    case startOfText
    case endOfText
    case text(Range<Int>)
  }

  private let text: UnsafeBufferPointer<UInt32>
  private var position = 0

  init(_ text: UnsafeBufferPointer<UInt32>) { self.text = text }

  /// The next word, or nil at the end of the text.
  mutating func next() -> Word? {
    while position < text.count {
      let start = position
      let kind = ScalarClass.of(text[start])
      if kind == .separator {
        position += 1
        continue
      }
      if kind == .other, let word = fixedWord(at: start) { return word }
      position += 1
      if kind != .number {
        while position < text.count, ScalarClass.of(text[position]) == kind { position += 1 }
      }
      return .text(start..<position)
    }
    return nil
  }

  /// Reads the marker or English contraction at `start`; nil if there is none.
  private mutating func fixedWord(at start: Int) -> Word? {
    switch text[start] {
    case 0x3C:
      for (marker, word) in [(Self.startMarker, Word.startOfText), (Self.endMarker, Word.endOfText)]
      where matches(marker, at: start) {
        position = start + marker.count
        // The pattern also matches a marker spelled with a long s, but that is not the marker: it is an ordinary
        // word.
        return text[start..<position].contains(Self.longS) ? .text(start..<position) : word
      }
    case 0x27:
      for contraction in Self.contractions where matches(contraction, at: start) {
        position = start + contraction.count
        return .text(start..<position)
      }
    default: break
    }
    return nil
  }

  /// Whether the text at `start` matches a part of the pattern. The text is lower-cased already, so the long s is the
  /// only further character that the pattern's IGNORECASE accepts.
  private func matches(_ pattern: [UInt32], at start: Int) -> Bool {
    guard text.count - start >= pattern.count else { return false }
    return pattern.indices.allSatisfy { index in
      let scalar = text[start + index]
      return scalar == pattern[index] || (scalar == Self.longS && pattern[index] == 0x73)
    }
  }

  private static let longS: UInt32 = 0x17F
  private static let startMarker = scalars("<|startoftext|>")
  private static let endMarker = scalars("<|endoftext|>")
  private static let contractions = ["'s", "'t", "'re", "'ve", "'m", "'ll", "'d"].map(scalars)

  private static func scalars(_ text: String) -> [UInt32] { text.unicodeScalars.map(\.value) }
}
