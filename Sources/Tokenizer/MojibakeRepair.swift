import System
import Text

/// Text that was decoded with the wrong encoding, decoded again: ftfy's `fix_encoding`.
///
/// A text that shows signs of it is encoded as it must have been decoded, in each of ten single-byte encodings, and
/// taken for UTF-8 where that is what comes out; otherwise only those parts of it that look like UTF-8 are.
struct MojibakeRepair {
  /// Characters that may still be looked at: each step costs as many as its text has.
  var workLeft = 0

  /// A part within a part, and so on; each is shorter than the last, and real texts have one or two.
  private static let maximumDepth = 16

  mutating func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try append(text, to: &out, depth: 0)
  }

  private mutating func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) {
    guard MojibakeSigns.areIn(text) else { return try out.append(contentsOf: text) }
    try checkCancelled()
    var current = try GrowingArray<UInt32>(capacity: text.count)
    try current.append(contentsOf: text)
    var next = try GrowingArray<UInt32>(capacity: text.count)
    repeat {
      workLeft -= current.count
      guard workLeft >= 0, depth < Self.maximumDepth else {
        throw Failure(.limit, "the text was decoded wrongly too many times over; repair it before")
      }
      next.removeAll()
      guard try step(current.view, to: &next, depth: depth), !next.view.elementsEqual(current.view) else {
        break
      }
      swap(&current, &next)
    } while MojibakeSigns.areIn(current.view)
    try out.append(contentsOf: current.view)
  }

  /// Appends what one step makes of a text that shows signs; returns false where nothing can be done.
  private mutating func step(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) -> Bool {
    if try appendDecoded(text, to: &out) { return true }
    out.removeAll()
    if try appendPartsDecoded(text, to: &out, depth: depth) { return true }
    out.removeAll()
    guard text.contains(where: isC1) else { return false }
    // Latin-1 that was meant as Windows-1252, as a whole or in single characters: the same but for the five bytes
    // that the latter leaves open, which stay.
    for value in text { try out.append(CharacterRepair.windows1252(value)) }
    return true
  }

  private func isC1(_ value: UInt32) -> Bool { (0x80...0x9F).contains(value) }

  /// The text as a whole, if it is UTF-8 in one of the encodings.
  private func appendDecoded(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Bool {
    var bytes = try GrowingArray<UInt8>(capacity: text.count)
    var repaired = try GrowingArray<UInt8>(capacity: text.count)
    for encoding in SingleByteEncoding.all {
      try checkCancelled()
      bytes.removeAll()
      guard try encoding.append(text, to: &bytes) else { continue }
      // In Mac OS Roman it would be an en dash before a space.
      if !encoding.isMacRoman {
        repaired.removeAll()
        if try LossyBytes.appendRestoring(bytes.view, to: &repaired) { swap(&bytes, &repaired) }
      }
      if encoding.isSloppy {
        repaired.removeAll()
        try LossyBytes.appendReplacing(bytes.view, to: &repaired)
        swap(&bytes, &repaired)
      }
      out.removeAll()
      if try UTF8Scalars.append(bytes.view, to: &out, acceptsVariants: true) == nil { return true }
    }
    return false
  }

  /// Runs of what may be UTF-8 sequences are repaired by themselves: ftfy's `decode_inconsistent_utf8`. Returns false
  /// where there are none.
  private mutating func appendPartsDecoded(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) -> Bool {
    var position = 0
    while position < text.count {
      if position % 1024 == 0 { try checkCancelled() }
      let length = lengthOfSequences(text, position)
      let part = UnsafeBufferPointer(rebasing: text[position..<position + max(1, length)])
      // A part that is the whole text would go on for ever.
      if length > 0, length < text.count {
        try append(part, to: &out, depth: depth + 1)
      } else {
        try out.append(contentsOf: part)
      }
      position += part.count
    }
    return !out.view.elementsEqual(text)
  }

  /// How many characters from here on may be UTF-8 sequences; 0 in the middle of one, to not repair half of it.
  private func lengthOfSequences(_ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Int {
    if start > 0, Mojibake.kinds(of: text[start - 1]).contains(.strictContinuation) { return 0 }
    var end = start
    while end < text.count {
      let kinds = Mojibake.kinds(of: text[end])
      let later =
        kinds.contains(.firstOfTwo)
        ? 1 : kinds.contains(.firstOfThree) ? 2 : kinds.contains(.firstOfFour) ? 3 : 0
      let rest = text[(end + 1)...].prefix(later)
      guard later > 0, rest.count == later,
        rest.allSatisfy({ Mojibake.kinds(of: $0).contains(.continuation) })
      else { break }
      end += 1 + later
    }
    return end - start
  }
}
