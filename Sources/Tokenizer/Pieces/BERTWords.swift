import System

@_spi(_Unicode) import Swift

/// The words that BERT's uncased tokenizer makes of a text: in lower case, without accents and control characters, and
/// each punctuation mark and each Chinese character a word of its own. Source: tokenizers
/// `normalizers/bert.rs`, `pre_tokenizers/bert.rs`; its tables end with Unicode 9, where the standard library's go on.
enum BERTWords {
  /// Calls `body` with each word of a text.
  static func forEach(
    of text: UnsafeBufferPointer<UInt32>, _ body: (UnsafeBufferPointer<UInt32>) throws(Failure) -> Void
  ) throws(Failure) {
    var word = GrowingArray<UInt32>()
    var plain = GrowingArray<UInt32>()
    func finish() throws(Failure) {
      guard !word.isEmpty else { return }
      try body(word.view)
      word.removeAll()
    }
    func append(_ value: UInt32) throws(Failure) {
      if isSpace(value) { return try finish() }
      guard isPunctuation(value) else { return try word.append(value) }
      try finish()
      try word.append(value)
      try finish()
    }
    for value in text {
      if value < 0x80 {
        if isSpace(value) {
          try finish()
        } else if value >= 0x20, value != 0x7F {
          try append((0x41...0x5A).contains(value) ? value + 0x20 : value)
        }
        continue
      }
      guard let scalar = Unicode.Scalar(value), !isControl(scalar) else { continue }
      let isAlone = isChinese(value)
      if isAlone { try finish() }
      plain.removeAll()
      try appendPlain(scalar, to: &plain)
      for own in plain.view { try append(own) }
      if isAlone { try finish() }
    }
    try finish()
  }

  /// Appends a character without its accents, in lower case.
  private static func appendPlain(
    _ scalar: Unicode.Scalar, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var view = String.UnicodeScalarView()
    view.append(scalar)
    var bare = GrowingArray<UInt32>()
    for part in String(view)._nfd where part.properties.generalCategory != .nonspacingMark {
      try bare.append(part.value)
    }
    try Lowercase.append(bare.view, finalSigma: false, to: &out)
  }

  private static func isSpace(_ value: UInt32) -> Bool {
    switch value {
    case 0x09, 0x0A, 0x0D, 0x20: return true
    case ..<0x80: return false
    default: return Unicode.Scalar(value)?.properties.isWhitespace ?? false
    }
  }

  /// Whether a character beyond ASCII is left out. U+0085 is one, though it is white space.
  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value == 0xFFFD { return true }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse: return true
    default: return false
    }
  }

  private static func isPunctuation(_ value: UInt32) -> Bool {
    if value < 0x80 { return SigLIPText.isPunctuation(value) }
    switch Unicode.Scalar(value)?.properties.generalCategory {
    case .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation, .initialPunctuation,
      .finalPunctuation, .otherPunctuation:
      return true
    default: return false
    }
  }

  /// Whether a character is of a block of CJK ideographs.
  private static func isChinese(_ value: UInt32) -> Bool {
    switch value {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B81F, 0x2B920...0x2CEAF,
      0xF900...0xFAFF, 0x2F800...0x2FA1F:
      return true
    default: return false
    }
  }
}
