import System

@_spi(_Unicode) import Swift

/// Unicode's Normalization Form C, by the standard library's own normaliser (which swift-foundation
/// uses the same way). Texts go through it in pieces, so that its strings stay small.
enum Normalization {
  /// Below this scalar nothing decomposes and nothing combines with what stands before it.
  private static let firstCombining: UInt32 = 0x300
  private static let pieceSize = 4096
  /// From this length on we sort marks ourselves: the standard library sorts by insertion.
  private static let longPiece = 256
  /// Only combining characters without end make a longer piece.
  private static let maximumPiece = 1 << 18

  static func appendNFC(
    _ scalars: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    var position = 0
    while position < scalars.count {
      // A scalar below U+0300 is final unless the next one may combine with it.
      if scalars[position] < firstCombining,
        position + 1 == scalars.count || scalars[position + 1] < firstCombining
      {
        try out.append(scalars[position])
        position += 1
        continue
      }
      var end = position + 1
      while end < scalars.count, !isBoundary(scalars[end], far: end - position >= pieceSize) { end += 1 }
      try appendPiece(UnsafeBufferPointer(rebasing: scalars[position..<end]), to: &out)
      position = end
    }
  }

  /// True only if nothing before the scalar can combine with it: cheap and certain below U+0300, and in
  /// a long piece at any base character. The blocks left out hold letters that combine (the vowels and
  /// finals of Hangul, the vowel signs of Kirat Rai).
  private static func isBoundary(_ value: UInt32, far: Bool) -> Bool {
    if value < firstCombining { return true }
    guard far, let properties = Unicode.Scalar(value)?.properties else { return false }
    switch value {
    case 0x1100...0x11FF, 0xD7B0...0xD7FF, 0x16D40...0x16D7F: return false
    default: break
    }
    switch properties.generalCategory {
    case .nonspacingMark, .spacingMark, .enclosingMark, .unassigned: return false
    default: return properties.canonicalCombiningClass == .notReordered
    }
  }

  private static func appendPiece(
    _ piece: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    guard piece.count <= maximumPiece else {
      throw Failure(
        .limit, "the text has \(piece.count) combining characters in a row; at most \(maximumPiece) are read")
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

  /// Puts a run of marks in canonical order: by class, equal classes in their old order. That gives an
  /// equivalent text, because no mark decomposes into marks of another class than its own.
  private static func sortByClass(
    _ text: inout GrowingArray<UInt32>, _ run: Range<Int>
  ) throws(Failure) {
    var places = [Int](repeating: 0, count: 257)
    for index in run { places[Int(combiningClass(text[index])) + 1] += 1 }
    for index in 1..<places.count { places[index] += places[index - 1] }
    try checkCancelled()
    var marks = try GrowingArray<UInt32>(capacity: run.count)
    try marks.append(contentsOf: UnsafeBufferPointer(rebasing: text.view[run]))
    for mark in marks.view {
      let place = Int(combiningClass(mark))
      text[run.lowerBound + places[place]] = mark
      places[place] += 1
    }
  }
}
