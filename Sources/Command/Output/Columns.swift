/// Terminal columns of text: East Asian characters take two, combining marks none.
enum Columns {
  static func of(_ text: String) -> Int {
    text.unicodeScalars.reduce(0) { $0 + of($1) }
  }

  private static func of(_ scalar: Unicode.Scalar) -> Int {
    if scalar.isASCII { return 1 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
    }
  }

  /// Blocks of Unicode with East_Asian_Width W or F that labels are written in, and emoji.
  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
    0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
    0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF, 0x20000...0x3FFFD,
  ]

  /// Pads text to `width` columns, or cuts it with an ellipsis.
  static func fit(_ text: String, _ width: Int) -> String {
    let taken = of(text)
    if taken <= width { return text + String(repeating: " ", count: width - taken) }
    var kept = ""
    var columns = 0
    for character in text {
      let next = of(String(character))
      if columns + next > width - 1 { break }
      kept.append(character)
      columns += next
    }
    return kept + "…" + String(repeating: " ", count: max(0, width - 1 - columns))
  }
}
