/// The sequences of characters that betray mojibake, each unlikely in any language: ftfy's `BADNESS_RE`.
enum MojibakeSigns {
  typealias Kinds = Mojibake.Kinds

  /// Whether some sequence in a text is one of them: ftfy's `is_bad`.
  static func areIn(_ text: UnsafeBufferPointer<UInt32>) -> Bool {
    if matches(compiledAtStart, text, 0) { return true }
    // Each has a character with kinds beyond ASCII among its first three.
    var until = 0
    for position in text.indices {
      if text[position] >= 0x80, !Mojibake.kinds(of: text[position]).isEmpty {
        for start in max(until, position - 2)...position where startsHere(text, start) { return true }
        until = position + 1
      }
    }
    return false
  }

  private static func startsHere(_ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Bool {
    let first = accepting(text[start])
    guard first & allFirst != 0 else { return false }
    return compiled.contains { $0[0] & first != 0 && matches($0, text, start) }
  }

  private static func matches(_ sign: [UInt128], _ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Bool {
    guard text.count - start >= sign.count else { return false }
    for (offset, place) in sign.enumerated() where accepting(text[start + offset]) & place == 0 {
      return false
    }
    return true
  }

  // MARK: - The signs as bits

  /// The different places, of which there are at most 128: each is a bit.
  private static let places: [Place] = {
    var places: [Place] = []
    for place in (signs + [atStart]).joined() where !places.contains(place) { places.append(place) }
    precondition(places.count <= 128)
    return places
  }()
  private static let compiled = signs.map(bits)
  private static let compiledAtStart = bits(atStart)
  private static let allFirst = compiled.reduce(0) { $0 | ($1.first ?? 0) }

  private static func bits(_ sign: [Place]) -> [UInt128] {
    sign.map { place in places.firstIndex(of: place).map { 1 << UInt128($0) } ?? 0 }
  }

  /// The places that accept a character.
  private static func accepting(_ value: UInt32) -> UInt128 {
    if value < UInt32(near.places.count) { return near.answers[Int(near.places[Int(value)])] }
    // Most of the others, a Chinese character say, are alike but for being letters or not.
    if ScalarClass.isSpace(value) || !Mojibake.kinds(of: value).isEmpty { return computed(value) }
    return Place.isWord(value) ? farWord : farOther
  }
  private static let farWord = computed(0x4E00)
  private static let farOther = computed(0x2FF0)
  /// For the characters that nearly all signs are made of: where in the few different answers each one's is.
  private static let near: (answers: [UInt128], places: [UInt8]) = {
    var answers: [UInt128] = []
    let places = (0..<0x2800).map { (value: UInt32) in
      let answer = computed(value)
      if let place = answers.firstIndex(of: answer) { return UInt8(clamping: place) }
      answers.append(answer)
      precondition(answers.count <= 256)
      return UInt8(clamping: answers.count - 1)
    }
    return (answers, places)
  }()

  private static func computed(_ value: UInt32) -> UInt128 {
    var result: UInt128 = 0
    for (bit, place) in places.enumerated() where place.accepts(value) { result |= 1 << UInt128(bit) }
    return result
  }

  // MARK: - The signs

  /// The characters that one place of a sequence accepts: some kinds, single characters, or a class.
  private struct Place: Equatable {
    enum Class { case none, space, word, asciiLetter, smallASCIILetter, notASCIILetter, notLineFeed }
    var kinds: Kinds = []
    var scalars: [UInt32] = []
    var others = Class.none

    func accepts(_ value: UInt32) -> Bool {
      if !kinds.isDisjoint(with: Mojibake.kinds(of: value)) || scalars.contains(value) { return true }
      let isLetter = (0x41...0x5A).contains(value) || (0x61...0x7A).contains(value)
      switch others {
      case .none: return false
      case .space: return ScalarClass.isSpace(value)
      case .word: return Place.isWord(value)
      case .asciiLetter: return isLetter
      case .smallASCIILetter: return isLetter && value >= 0x61
      case .notASCIILetter: return !isLetter
      case .notLineFeed: return value != 0x0A
      }
    }

    /// Python's `\w`.
    static func isWord(_ value: UInt32) -> Bool {
      if value < 0x80 { return ScalarClass.isASCIIAlphanumeric(value) || value == 0x5F }
      guard let properties = Unicode.Scalar(value)?.properties else { return false }
      switch properties.generalCategory {
      case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter: return true
      default: return properties.numericType != nil
      }
    }
  }

  private static func any(_ kinds: Kinds, _ characters: String = "", or others: Place.Class = .none) -> Place
  {
    Place(kinds: kinds, scalars: characters.unicodeScalars.map(\.value), others: others)
  }
  private static func any(_ characters: String, or others: Place.Class = .none) -> Place {
    any([], characters, or: others)
  }
  private static func any(_ others: Place.Class) -> Place { any([], "", or: others) }
  /// These characters one after the other.
  private static func text(_ characters: String) -> [Place] {
    characters.unicodeScalars.map { Place(scalars: [$0.value]) }
  }

  /// Marks that hardly stand beside a bad character.
  private static let marks: Kinds = [
    .lowerAccented, .upperAccented, .box, .start, .end, .currency, .numeric, .law,
  ]
  /// After Ø and Ù, in Windows-1252's view of Arabic.
  private static let arabic = any(
    [.common, .currency, .bad, .numeric, .start], "\u{178}\u{160}\u{AE}\u{B0}\u{B5}\u{BB}")
  private static let cyrillic = any("ВГРС")
  private static let greek = any("ΒΓΞΟ")

  private static let atStart = [any("ÃÂ"), any(" ")]

  private static let signs: [[Place]] = [
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
    // "à" and "á" in Windows-1252, and the no-break space itself.
    [any("Ã"), any("\u{A0}¡")],
    [any(.smallASCIILetter), any("ÃÂ"), any(" ")],
    [any(.smallASCIILetter), any(.space), any("ÃÂ"), any(" ")],
    // "Â" before the character that the two of them encode.
    [any(.end, ".,?!", or: .smallASCIILetter), any("Â"), any([.start, .end], " ")],
    // Windows-1253.
    text("β€") + [any("™\u{A0}Ά\u{AD}®°")],
    [greek, any([.c1, .bad, .start, .end, .currency], "°"), greek],
    // Windows-1257.
    text("ā€"),
  ]
}
