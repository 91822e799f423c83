import System

/// CLIP's pattern on cleaned text, a word at a time:
/// `<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+`,
/// case ignored. Source: CLIP `SimpleTokenizer.pat`.
struct WordSplitter {
  enum Word {
    case startOfText
    case endOfText
    case text(Range<Int>)
  }

  private let text: UnsafeBufferPointer<UInt32>
  private var position = 0

  init(_ text: UnsafeBufferPointer<UInt32>) { self.text = text }

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

  /// A marker or an English contraction.
  private mutating func fixedWord(at start: Int) -> Word? {
    switch text[start] {
    case 0x3C:
      for (marker, word) in [(Self.startMarker, Word.startOfText), (Self.endMarker, Word.endOfText)]
      where matches(marker, at: start) {
        position = start + marker.count
        // With a long s the pattern matches, but it is not the marker's spelling: a word like others.
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

  /// The text is lower-cased already; of what the pattern's IGNORECASE adds, the long s is left.
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
