/// Signs of mojibake: sequences of characters that are unlikely in any language. Source: ftfy's `BADNESS_RE`.
enum MojibakeSigns {
  typealias Kinds = Mojibake.Kinds

  /// Whether a sign occurs in a text: ftfy's `is_bad`.
  static func occur(in text: UnsafeBufferPointer<UInt32>) -> Bool {
    if matches(masksAtStart, text, 0) { return true }
    // The first three characters of each sign include one beyond ASCII that has kinds.
    var searched = 0
    for position in text.indices {
      if text[position] >= 0x80, !Mojibake.kinds(of: text[position]).isEmpty {
        for start in max(searched, position - 2)...position where occur(in: text, at: start) { return true }
        searched = position + 1
      }
    }
    return false
  }

  private static func occur(in text: UnsafeBufferPointer<UInt32>, at start: Int) -> Bool {
    let first = mask(of: text[start])
    guard first & firstMask != 0 else { return false }
    return masks.contains { $0[0] & first != 0 && matches($0, text, start) }
  }

  private static func matches(_ sign: [UInt128], _ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Bool {
    guard text.count - start >= sign.count else { return false }
    for (offset, matcher) in sign.enumerated() where mask(of: text[start + offset]) & matcher == 0 {
      return false
    }
    return true
  }

  // MARK: - The signs as bit masks

  /// The different matchers of all signs, at most 128. Each has the bit of its index in a mask.
  private static let matchers: [Matcher] = {
    var matchers: [Matcher] = []
    for matcher in (signs + [signAtStart]).joined() where !matchers.contains(matcher) {
      matchers.append(matcher)
    }
    precondition(matchers.count <= 128)
    return matchers
  }()
  /// For each sign, the bit of the matcher of each of its characters.
  private static let masks = signs.map(bits)
  private static let masksAtStart = bits(signAtStart)
  /// The bits of all matchers that a sign begins with.
  private static let firstMask = masks.reduce(0) { $0 | ($1.first ?? 0) }

  private static func bits(_ sign: [Matcher]) -> [UInt128] {
    sign.map { matcher in matchers.firstIndex(of: matcher).map { 1 << UInt128($0) } ?? 0 }
  }

  /// The bits of the matchers that accept a character, looked up where possible.
  private static func mask(of value: UInt32) -> UInt128 {
    if value < UInt32(lowMasks.indexes.count) { return lowMasks.masks[Int(lowMasks.indexes[Int(value)])] }
    // Nearly all other characters, such as Chinese ones, differ only in being a letter or not.
    if ScalarClass.isSpace(value) || !Mojibake.kinds(of: value).isEmpty { return computedMask(of: value) }
    return Matcher.isWord(value) ? highWordMask : highOtherMask
  }
  private static let highWordMask = computedMask(of: 0x4E00)
  private static let highOtherMask = computedMask(of: 0x2FF0)
  /// The masks of the characters below U+2800: the different masks, and the index among them for each character.
  private static let lowMasks: (masks: [UInt128], indexes: [UInt8]) = {
    var masks: [UInt128] = []
    let indexes = (0..<0x2800).map { (value: UInt32) in
      let mask = computedMask(of: value)
      if let index = masks.firstIndex(of: mask) { return UInt8(clamping: index) }
      masks.append(mask)
      precondition(masks.count <= 256)
      return UInt8(clamping: masks.count - 1)
    }
    return (masks, indexes)
  }()

  private static func computedMask(of value: UInt32) -> UInt128 {
    var result: UInt128 = 0
    for (bit, matcher) in matchers.enumerated() where matcher.accepts(value) { result |= 1 << UInt128(bit) }
    return result
  }

  // MARK: - The signs

  /// The set of characters that are accepted at one position of a sign: kinds, single characters, and a class.
  private struct Matcher: Equatable {
    enum Class { case none, space, word, asciiLetter, smallASCIILetter, notASCIILetter, notLineFeed }
    var kinds: Kinds = []
    var scalars: [UInt32] = []
    var characterClass = Class.none

    func accepts(_ value: UInt32) -> Bool {
      if !kinds.isDisjoint(with: Mojibake.kinds(of: value)) || scalars.contains(value) { return true }
      let isLetter = (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value)
      switch characterClass {
      case .none: return false
      case .space: return ScalarClass.isSpace(value)
      case .word: return Matcher.isWord(value)
      case .asciiLetter: return isLetter
      case .smallASCIILetter: return isLetter && value >= 0x61
      case .notASCIILetter: return !isLetter
      case .notLineFeed: return value != 0x0A
      }
    }

    /// Whether Python's `\w` matches the character.
    static func isWord(_ value: UInt32) -> Bool {
      if value < 0x80 { return ScalarClass.isASCIIAlphanumeric(value) || value == 0x5F }
      guard let properties = Unicode.Scalar(value)?.properties else { return false }
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
      default: return properties.numericType != nil
      }
    }
  }

  /// A matcher of the characters of these kinds, of the characters in a string, and of a class.
  private static func any(
    _ kinds: Kinds, _ characters: String = "", or characterClass: Matcher.Class = .none
  ) -> Matcher {
    Matcher(kinds: kinds, scalars: characters.unicodeScalars.map(\.value), characterClass: characterClass)
  }
  private static func any(_ characters: String, or characterClass: Matcher.Class = .none) -> Matcher {
    any([], characters, or: characterClass)
  }
  private static func any(_ characterClass: Matcher.Class) -> Matcher { any([], "", or: characterClass) }
  /// Matchers of exactly these characters, one after another.
  private static func text(_ characters: String) -> [Matcher] {
    characters.unicodeScalars.map { Matcher(scalars: [$0.value]) }
  }

  /// Kinds of characters that hardly occur beside a bad one.
  private static let marks: Kinds = [
    .lowerAccented, .upperAccented, .box, .start, .end, .currency, .numeric, .law,
  ]
  /// The characters that follow Ø and Ù where Arabic was decoded as Windows-1252.
  private static let arabic = any(
    [.common, .currency, .bad, .numeric, .start], "\u{178}\u{160}\u{AE}\u{B0}\u{B5}\u{BB}")
  private static let cyrillic = any("ВГРС")
  private static let greek = any("ΒΓΞΟ")

  /// A sequence that is a sign only at the start of a text.
  private static let signAtStart = [any("ÃÂ"), any(" ")]

  /// The sequences that are signs anywhere in a text.
  private static let signs: [[Matcher]] = [
    [any(.c1)],
    [any(marks.union(.bad)), any(.bad)],
    [any(.asciiLetter), any([.lowerCommon, .upperCommon]), any(.bad)],
    [any(.bad), any(marks)],
    [any([.lowerAccented, .lowerCommon, .box, .end, .currency, .numeric]), any(.upperAccented)],
    [any([.box, .end, .currency, .numeric]), any(.lowerAccented)],
    [any([.lowerAccented, .box, .end]), any(.currency)],
    [any(.space), any(.upperAccented), any(.currency)],
    [any([.upperAccented, .box]), any([.numeric, .law])],
    [any([.lowerAccented, .upperAccented, .box, .currency, .end]), any(.start), any(.numeric)],
    [any([.lowerAccented, .upperAccented, .currency, .numeric, .box, .law]), any(.end), any(.start)],
    [any([.currency, .numeric, .box]), any(.start)],
    [any(.smallASCIILetter), any(.upperAccented), any([.start, .currency])],
    [any(.box), any(.kaomoji)],
    [any([.lowerAccented, .upperAccented, .currency, .numeric, .start, .end, .law]), any(.box)],
    [any(.box), any(.end)],
    [any([.lowerAccented, .upperAccented]), any([.start, .end]), any(.word)],
    [any("Œœ"), any(.notASCIILetter)],
    [any(.upperAccented), any("°")],
    // Windows-1252.
    [any("ÂÃÎÐ"), any([.start, .end], "€œŠš¢£Ÿž\u{A0}\u{AD}®©°·»–—´")],
    [any("×"), any("²³")],
    [any("ØÙ"), arabic, any("ØÙ"), arabic],
    [any("à"), any("²µ¹¼½¾")],
    // Mac OS Roman.
    [any("√"), any("±∂†≠®™´≤≥¥µø")],
    [any("≈"), any("°¢")],
    text("‚Ä") + [any("ìîïòôúùû†°¢π")],
    [any("‚"), any("âó"), any("àä°ê")],
    // Windows-1251.
    text("вЂ"),
    [cyrillic, any([.c1, .bad, .start, .end, .currency], "°µ"), cyrillic],
    text("ГўВЂВ") + [any(.notLineFeed), any(" ", or: .asciiLetter)],
    // "à" and "á" decoded as Windows-1252.
    [any("Ã"), any("\u{A0}¡")],
    [any(.smallASCIILetter), any("ÃÂ"), any(" ")],
    [any(.smallASCIILetter), any(.space), any("ÃÂ"), any(" ")],
    // "Â" before a character that needs no "Â" when decoded rightly.
    [any(.end, ".,?!", or: .smallASCIILetter), any("Â"), any([.start, .end], " ")],
    // Windows-1253.
    text("β€") + [any("™\u{A0}Ά\u{AD}®°")],
    [greek, any([.c1, .bad, .start, .end, .currency], "°"), greek],
    // Windows-1257.
    text("ā€"),
  ]
}
