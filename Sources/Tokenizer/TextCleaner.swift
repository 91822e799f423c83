import System
import Text

/// The reference's text cleaning, bytes to lower-cased scalars: `ftfy.fix_text` (`TextRepair`),
/// `html.unescape` twice, white space collapsed, `lower`. Source: CLIP `basic_clean`,
/// `whitespace_clean`.
enum TextCleaner {
  /// Bytes of text accepted: thousands of times what a context holds, yet bounded work and memory.
  static let maximumText = 4 << 20

  static func clean(_ utf8: UnsafeBufferPointer<UInt8>) throws(Failure) -> GrowingArray<UInt32> {
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
    text.removeAll()
    try Lowercase.append(other.view, to: &text)
    return text
  }

  /// True of what no repair and no unescaping changes.
  private static func isPlain(_ value: UInt32) -> Bool {
    switch value {
    case 0x26: return false
    case 0x20...0x7E, 0x09, 0x0A, 0x0C, 0x0D: return true
    default: return false
    }
  }

  /// Runs of white space become one space; none is left at the ends.
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
