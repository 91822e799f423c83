import System

@_spi(_Unicode) import Swift

/// Unicode Normalization Form C by the standard library's normaliser, which swift-foundation uses the same way. Texts
/// are normalised in pieces, so that the strings for it stay small.
enum Normalization {
  /// The first scalar that may combine with a preceding one.
  private static let firstCombining: UInt32 = 0x300
  /// The length from which a piece ends at any base character.
  private static let pieceSize = 4096
  /// The length from which marks are sorted here, since the standard library sorts them by insertion.
  private static let longPiece = 256
  /// The longest piece that is normalised; only a run of combining characters is longer.
  private static let maximumPiece = 1 << 18

  /// Appends the NFC form of a text.
  static func appendNFC(
    _ scalars: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var position = 0
    while position < scalars.count {
      // A scalar below U+0300 is in NFC already, unless the next one may combine with it.
      if scalars[position] < firstCombining,
        position + 1 == scalars.count || scalars[position + 1] < firstCombining
      {
        try out.append(scalars[position])
        position += 1
        continue
      }
      var end = position + 1
      while end < scalars.count, !isBoundary(scalars[end], inLongPiece: end - position >= pieceSize) {
        end += 1
      }
      try appendPiece(UnsafeBufferPointer(rebasing: scalars[position..<end]), to: &out)
      position = end
    }
  }

  /// Whether a piece may end before this scalar, since it combines with nothing before it: any scalar below U+0300,
  /// and in a long piece any base character. The excluded blocks hold letters that combine (vowels and finals of
  /// Hangul, vowel signs of Kirat Rai).
  private static func isBoundary(_ value: UInt32, inLongPiece isLong: Bool) -> Bool {
    if value < firstCombining { return true }
    guard isLong, let properties = Unicode.Scalar(value)?.properties else { return false }
    switch value {
    case 0x1100...0x11FF, 0xD7B0...0xD7FF, 0x16D40...0x16D7F: return false
    default: break
    }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .unassigned: return false
    default: return properties.canonicalCombiningClass == .notReordered
    }
  }

  /// Appends the NFC form of a piece, with its runs of marks sorted first if it is long.
  private static func appendPiece(
    _ piece: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    guard piece.count <= maximumPiece else {
      throw Failure(
        .limit, "the text has \(piece.count) combining characters in a row; the limit is \(maximumPiece)")
    }
    guard piece.count >= longPiece else { return try appendNormalized(piece, to: &out) }
    try checkCancelled()
    var sorted = try GrowingArray<UInt32>(capacity: piece.count)
    try sorted.append(contentsOf: piece)
    var start = 0
    while start < sorted.count {
      var end = start
      while end < sorted.count, combiningClass(sorted[end]) != 0 { end += 1 }
      if end - start > 1 { try sortByClass(&sorted, start..<end) }
      start = end + 1
    }
    try appendNormalized(sorted.view, to: &out)
  }

  private static func appendNormalized(
    _ piece: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var text = String.UnicodeScalarView()
    for value in piece {
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    for scalar in String(text)._nfc { try out.append(scalar.value) }
  }

  private static func combiningClass(_ value: UInt32) -> UInt8 {
    Unicode.Scalar(value)?.properties.canonicalCombiningClass.rawValue ?? 0
  }

  /// Sorts a run of marks into canonical order: by combining class, stably. The result is equivalent, because no mark
  /// decomposes into marks of another class.
  private static func sortByClass(
    _ text: inout GrowingArray<UInt32>, _ run: Range<Int>
  ) throws(Failure) {
    // For each class, the offset in the run of its next mark.
    var offsets = [Int](repeating: 0, count: 257)
    for index in run { offsets[Int(combiningClass(text[index])) + 1] += 1 }
    for index in 1..<offsets.count { offsets[index] += offsets[index - 1] }
    try checkCancelled()
    var marks = try GrowingArray<UInt32>(capacity: run.count)
    try marks.append(contentsOf: UnsafeBufferPointer(rebasing: text.view[run]))
    for mark in marks.view {
      let markClass = Int(combiningClass(mark))
      text[run.lowerBound + offsets[markClass]] = mark
      offsets[markClass] += 1
    }
  }
}
