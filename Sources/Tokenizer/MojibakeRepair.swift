import System
import Text

/// Repairs text that was decoded with the wrong encoding: ftfy's `fix_encoding`.
///
/// A text with signs of mojibake is encoded again in each of ten single-byte encodings until the bytes are UTF-8, and
/// decoded as UTF-8. If none fits, only the parts of the text that look like UTF-8 are repaired that way.
struct MojibakeRepair {
  /// The number of characters that may still be processed; each step takes the length of its text.
  var workLeft = 0

  /// The deepest nesting of repaired parts. Each part is shorter than the one around it; real texts have one or two.
  private static let maximumDepth = 16

  /// Appends the repaired text to `out`.
  mutating func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try append(text, to: &out, depth: 0)
  }

  private mutating func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) {
    guard MojibakeSigns.occur(in: text) else { return try out.append(contentsOf: text) }
    try checkCancelled()
    var current = try GrowingArray<UInt32>(capacity: text.count)
    try current.append(contentsOf: text)
    var next = try GrowingArray<UInt32>(capacity: text.count)
    repeat {
      workLeft -= current.count
      guard workLeft >= 0, depth < Self.maximumDepth else {
        throw Failure(
          .limit, "the text was decoded with wrong encodings too many times over; repair it first")
      }
      next.removeAll()
      guard try step(current.view, to: &next, depth: depth), !next.view.elementsEqual(current.view) else {
        break
      }
      swap(&current, &next)
    } while MojibakeSigns.occur(in: current.view)
    try out.append(contentsOf: current.view)
  }

  /// Appends the result of one repair of a text with signs of mojibake; returns false if nothing can be repaired.
  private mutating func step(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) -> Bool {
    if try appendDecoded(text, to: &out) { return true }
    out.removeAll()
    if try appendPartsDecoded(text, to: &out, depth: depth) { return true }
    out.removeAll()
    guard text.contains(where: isC1) else { return false }
    // Text in Windows-1252 that was decoded as Latin-1. The five bytes that Windows-1252 leaves undefined are kept.
    for value in text { try out.append(CharacterRepair.windows1252(value)) }
    return true
  }

  private func isC1(_ value: UInt32) -> Bool { (0x80...0x9F).contains(value) }

  /// Appends the whole text decoded as UTF-8 from the first encoding in which its bytes are UTF-8; false if none
  /// fits.
  private func appendDecoded(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Bool {
    var bytes = try GrowingArray<UInt8>(capacity: text.count)
    var repaired = try GrowingArray<UInt8>(capacity: text.count)
    for encoding in SingleByteEncoding.all {
      try checkCancelled()
      bytes.removeAll()
      guard try encoding.append(text, to: &bytes) else { continue }
      // Mac OS Roman is left out as in ftfy: there the sequence is an en dash and a space.
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

  /// Appends the text with each run of possible UTF-8 sequences repaired by itself: ftfy's
  /// `decode_inconsistent_utf8`. Returns false if nothing changed.
  private mutating func appendPartsDecoded(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>, depth: Int
  ) throws(Failure) -> Bool {
    var position = 0
    while position < text.count {
      if position % 1024 == 0 { try checkCancelled() }
      let length = lengthOfSequences(text, position)
      let part = UnsafeBufferPointer(rebasing: text[position..<position + max(1, length)])
      // Repairing a part that is the whole text would never end.
      if length > 0, length < text.count {
        try append(part, to: &out, depth: depth + 1)
      } else {
        try out.append(contentsOf: part)
      }
      position += part.count
    }
    return !out.view.elementsEqual(text)
  }

  /// The length in characters of the run of possible UTF-8 sequences at `start`; 0 if there is none, or if `start` is
  /// in the middle of a sequence, so that no half of one is repaired.
  private func lengthOfSequences(_ text: UnsafeBufferPointer<UInt32>, _ start: Int) -> Int {
    if start > 0, Mojibake.kinds(of: text[start - 1]).contains(.strictContinuation) { return 0 }
    var end = start
    while end < text.count {
      let kinds = Mojibake.kinds(of: text[end])
      let continuations =
        kinds.contains(.firstOfTwo)
        ? 1 : kinds.contains(.firstOfThree) ? 2 : kinds.contains(.firstOfFour) ? 3 : 0
      let rest = text[(end + 1)...].prefix(continuations)
      guard continuations > 0, rest.count == continuations,
        rest.allSatisfy({ Mojibake.kinds(of: $0).contains(.continuation) })
      else { break }
      end += 1 + continuations
    }
    return end - start
  }
}
