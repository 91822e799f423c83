import System

/// The repairs of `ftfy.fix_text` with default settings: HTML references, mojibake, C1 controls, ligatures, character
/// width, curly quotes, line breaks, terminal escapes, control characters and NFC. They are applied line by line and
/// repeated until nothing changes. (ftfy's repair of surrogates is not needed, since UTF-8 has none.)
struct TextRepair: ~Copyable {
  /// The longest line, in characters, that is repaired whole; like ftfy, longer ones are repaired in pieces of this
  /// length.
  private static let maximumSegment = 1_000_000
  /// The number of characters that may be processed over all repetitions, beyond eight times the text. Nested
  /// references ("&amp;amp;amp;…") cost one repetition per level: on such a text the reference takes hours.
  private static let spareWork = 1 << 22

  private var current = GrowingArray<UInt32>()
  private var scratch = GrowingArray<UInt32>()
  private var workLeft = TextRepair.spareWork
  private var mojibake = MojibakeRepair()
  /// Whether references are still unescaped: ftfy stops at the first line with a "<", a sign of real HTML.
  private var unescapes = true

  /// Appends the repaired text to `out`.
  mutating func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    workLeft += text.count * 8
    mojibake.workLeft = workLeft
    var position = 0
    while position < text.count {
      let rest = text[position...].prefix(Self.maximumSegment)
      let end = rest.firstIndex(of: 0x0A).map { $0 + 1 } ?? rest.endIndex
      let segment = UnsafeBufferPointer(rebasing: text[position..<end])
      if unescapes && segment.contains(0x3C) { unescapes = false }
      try repair(segment, to: &out)
      position = end
    }
  }

  /// Appends one repaired line, or piece of a line.
  private mutating func repair(
    _ segment: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    if segment.allSatisfy({ Self.needsNoRepair($0) || ($0 == 0x26 && !unescapes) }) {
      return try out.append(contentsOf: segment)
    }
    current.removeAll()
    try current.append(contentsOf: segment)
    while true {
      try checkCancelled()
      workLeft -= current.count
      guard workLeft >= 0 else {
        throw Failure(
          .limit, "the text's HTML references are escaped too many times over; unescape them first")
      }
      let start = out.count
      try repairOnce(to: &out)
      let repaired = UnsafeBufferPointer(rebasing: out.view[start...])
      if repaired.elementsEqual(current.view) { return }
      current.removeAll()
      try current.append(contentsOf: repaired)
      out.removeLast(to: start)
    }
  }

  /// Whether no repair changes the scalar: printable ASCII except "&", and white space that is kept.
  private static func needsNoRepair(_ value: UInt32) -> Bool {
    switch value {
    case 0x26: return false
    case 0x20...0x7E, 0x09, 0x0A, 0x0C: return true
    default: return false
    }
  }

  /// Applies every repair once to `current` and appends the result.
  private mutating func repairOnce(to out: inout GrowingArray<UInt32>) throws(Failure) {
    scratch.removeAll()
    if unescapes {
      try HTMLUnescape.appendCarefully(current.view, to: &scratch)
    } else {
      try scratch.append(contentsOf: current.view)
    }
    let start = out.count
    var decoded = try GrowingArray<UInt32>(capacity: scratch.count)
    try checkCancelled()
    try mojibake.append(scratch.view, to: &decoded)
    for value in decoded.view { try CharacterRepair.append(value, to: &out) }
    let repaired = UnsafeBufferPointer(rebasing: out.view[start...])
    scratch.removeAll()
    try Self.appendLineBreaks(repaired, to: &scratch)
    out.removeLast(to: start)
    var visible = try GrowingArray<UInt32>(capacity: scratch.count)
    try checkCancelled()
    try Self.appendVisible(scratch.view, to: &visible)
    try Normalization.appendNFC(visible.view, to: &out)
  }

  /// Appends the text with every kind of line break replaced by "\n". (U+0085 was replaced before: it is "…" in
  /// Windows-1252.)
  private static func appendLineBreaks(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var previous: UInt32 = 0
    for value in text {
      switch value {
      case 0x0A where previous == 0x0D: break
      case 0x0D, 0x2028, 0x2029: try out.append(0x0A)
      default: try out.append(value)
      }
      previous = value
    }
  }

  /// Appends the text without terminal escape sequences and invisible control characters.
  private static func appendVisible(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var position = 0
    while position < text.count {
      let value = text[position]
      if value == 0x1B, let end = endOfEscape(text, position) {
        position = end
        continue
      }
      if !isInvisible(value) { try out.append(value) }
      position += 1
    }
  }

  /// The index after the terminal escape sequence at `start` (ESC, "[", digits and semicolons, a letter); nil if
  /// there is none.
  private static func endOfEscape(_ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Int? {
    guard text[(start + 1)...].first == 0x5B else { return nil }
    let tail = text[(start + 2)...].drop { $0 == 0x3B || ScalarClass.isDecimalDigit($0) }
    guard let letter = tail.first, ScalarClass.of(letter) == .letter, letter < 0x80 else { return nil }
    return tail.startIndex + 1
  }

  private static func isInvisible(_ value: UInt32) -> Bool {
    switch value {
    case 0x00...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x206A...0x206F, 0xFEFF, 0xFFF9...0xFFFC: return true
    default: return false
    }
  }
}
