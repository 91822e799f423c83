import System
import Text

/// The text cleaning of the reference: `ftfy.fix_text` (`TextRepair`), `html.unescape` twice, white space collapsed,
/// `str.lower`. Source: CLIP `basic_clean`, `whitespace_clean`.
enum TextCleaner {
  /// The longest text that is accepted, in bytes: far more than a context holds, and a bound on work and memory.
  static let maximumText = 4 << 20

  /// Cleans a text and returns its scalars, in lower case if `lowers`. Fails if the text is not UTF-8, or too long.
  static func clean(
    _ utf8: UnsafeBufferPointer<UInt8>, lowers: Bool = true
  ) throws(Failure) -> GrowingArray<UInt32> {
    guard utf8.count <= maximumText else {
      throw Failure(.limit, "the text has \(utf8.count) bytes; at most \(maximumText) are read")
    }
    try checkCancelled()
    var text = try GrowingArray<UInt32>(capacity: utf8.count)
    try UTF8Scalars.decode(utf8, into: &text)
    try checkCancelled()
    var other = try GrowingArray<UInt32>(capacity: utf8.count)
    if text.view.contains(where: { !isPlain($0) }) {
      var repair = TextRepair()
      try repair.append(text.view, to: &other)
      text.removeAll()
      try HTMLUnescape.append(other.view, to: &text)
      other.removeAll()
      try HTMLUnescape.append(text.view, to: &other)
      swap(&text, &other)
      other.removeAll()
    }
    try collapseSpace(text.view, to: &other)
    guard lowers else { return other }
    text.removeAll()
    try Lowercase.append(other.view, to: &text)
    return text
  }

  /// Whether a scalar is left alone by every repair and cannot begin an HTML reference.
  private static func isPlain(_ value: UInt32) -> Bool {
    switch value {
    case 0x26: return false
    case 0x20...0x7E, 0x09, 0x0A, 0x0C, 0x0D: return true
    default: return false
    }
  }

  /// Appends the text with each run of white space replaced by one space, and none at its ends.
  private static func collapseSpace(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var pending = false
    for value in text {
      if ScalarClass.isSpace(value) {
        pending = out.count > 0
        continue
      }
      if pending { try out.append(0x20) }
      pending = false
      try out.append(value)
    }
  }
}
