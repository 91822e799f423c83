import System
import Text

/// The cleaning of texts before SigLIP's pieces. Source: transformers `SiglipTokenizer.canonicalize_text`, which is
/// big_vision's.
enum SigLIPText {
  /// U+2581, which stands for a space in pieces.
  static let space: UInt32 = 0x2581
  static let spaceUTF8: StaticString = "\u{2581}"

  /// The scalars of a text in lower case, without ASCII punctuation, with each run of white space as one space, none at
  /// the end, and U+2581 in front. White space at the beginning stays one space, as in transformers.
  static func canonical(_ utf8: UnsafeBufferPointer<UInt8>) throws(Failure) -> GrowingArray<UInt32> {
    var given = try scalars(utf8)
    for index in 0..<given.count where given[index] == space { given[index] = 0x20 }
    var lower = try GrowingArray<UInt32>(capacity: given.count)
    try Lowercase.append(given.view, to: &lower)
    var text = try GrowingArray<UInt32>(capacity: lower.count + 1)
    try text.append(space)
    var isSpacePending = false
    for value in lower.view where !isPunctuation(value) {
      if ScalarClass.isSpace(value) {
        isSpacePending = true
        continue
      }
      if isSpacePending { try text.append(0x20) }
      isSpacePending = false
      try text.append(value)
    }
    return text
  }

  /// The scalars of a text. Fails if it is not UTF-8, or too long.
  static func scalars(_ utf8: UnsafeBufferPointer<UInt8>) throws(Failure) -> GrowingArray<UInt32> {
    guard utf8.count <= TextCleaner.maximumText else {
      throw Failure(.limit, "the text has \(utf8.count) bytes; at most \(TextCleaner.maximumText) are read")
    }
    try checkCancelled()
    var text = try GrowingArray<UInt32>(capacity: utf8.count)
    try UTF8Scalars.decode(utf8, into: &text)
    try checkCancelled()
    return text
  }

  /// Whether a scalar is one of Python's `string.punctuation`.
  static func isPunctuation(_ value: UInt32) -> Bool {
    switch value {
    case 0x21...0x2F, 0x3A...0x40, 0x5B...0x60, 0x7B...0x7E: true
    default: false
    }
  }
}
