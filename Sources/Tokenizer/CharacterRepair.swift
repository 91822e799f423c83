import System

/// The repairs of ftfy that replace single scalars, in its order: C1 controls become the characters that Windows-1252
/// has there, Latin ligatures become letters, full- and half-width forms get normal width, and curly quotes become
/// straight.
enum CharacterRepair {
  /// Appends a scalar after all repairs.
  static func append(_ value: UInt32, to out: inout GrowingArray<UInt32>) throws(Failure) {
    guard value >= 0x80 else { return try out.append(value) }
    let repaired = windows1252(value)
    if let letters = ligature(repaired) {
      for letter in letters.unicodeScalars { try out.append(straightQuote(letter.value)) }
      return
    }
    if repaired == 0xFFE3 {
      // NFKC of the full-width macron: a space and a combining macron.
      try out.append(0x20)
      return try out.append(0x304)
    }
    try out.append(straightQuote(normalWidth(repaired)))
  }

  /// The straight quote for a curly one; any other scalar is returned unchanged.
  private static func straightQuote(_ value: UInt32) -> UInt32 {
    switch value {
    case 0x2BC, 0x2018...0x201B: return 0x27
    case 0x201C...0x201F: return 0x22
    default: return value
    }
  }

  /// The letters of a Latin ligature; nil for any other scalar.
  private static func ligature(_ value: UInt32) -> String? {
    switch value {
    case 0x132: return "IJ"
    case 0x133: return "ij"
    case 0x149: return "\u{2BC}n"
    case 0x1C4: return "D\u{17D}"
    case 0x1C5: return "D\u{17E}"
    case 0x1C6: return "d\u{17E}"
    case 0x1C7: return "LJ"
    case 0x1C8: return "Lj"
    case 0x1C9: return "lj"
    case 0x1CA: return "NJ"
    case 0x1CB: return "Nj"
    case 0x1CC: return "nj"
    case 0x1F1: return "DZ"
    case 0x1F2: return "Dz"
    case 0x1F3: return "dz"
    case 0xFB00: return "ff"
    case 0xFB01: return "fi"
    case 0xFB02: return "fl"
    case 0xFB03: return "ffi"
    case 0xFB04: return "ffl"
    case 0xFB05: return "\u{17F}t"
    case 0xFB06: return "st"
    default: return nil
    }
  }

  /// The scalar of normal width for a full- or half-width form; any other scalar is returned unchanged.
  private static func normalWidth(_ value: UInt32) -> UInt32 {
    switch value {
    case 0x3000: return 0x20
    case 0xFF01...0xFF5E: return value - 0xFEE0
    case 0xFF5F...0xFFEE:
      let normal = normalForms[Int(value - 0xFF5F)]
      return normal == 0 ? value : UInt32(normal)
    default: return value
    }
  }

  /// The NFKC forms of U+FF5F...U+FFEE; 0 where the form is not a single scalar or there is none.
  private static let normalForms: [UInt16] = [
    0x2985, 0x2986, 0x3002, 0x300C, 0x300D, 0x3001, 0x30FB, 0x30F2, 0x30A1, 0x30A3, 0x30A5, 0x30A7, 0x30A9,
    0x30E3, 0x30E5, 0x30E7, 0x30C3, 0x30FC, 0x30A2, 0x30A4, 0x30A6, 0x30A8, 0x30AA, 0x30AB, 0x30AD, 0x30AF,
    0x30B1, 0x30B3, 0x30B5, 0x30B7, 0x30B9, 0x30BB, 0x30BD, 0x30BF, 0x30C1, 0x30C4, 0x30C6, 0x30C8, 0x30CA,
    0x30CB, 0x30CC, 0x30CD, 0x30CE, 0x30CF, 0x30D2, 0x30D5, 0x30D8, 0x30DB, 0x30DE, 0x30DF, 0x30E0, 0x30E1,
    0x30E2, 0x30E4, 0x30E6, 0x30E8, 0x30E9, 0x30EA, 0x30EB, 0x30EC, 0x30ED, 0x30EF, 0x30F3, 0x3099, 0x309A,
    0x1160, 0x1100, 0x1101, 0x11AA, 0x1102, 0x11AC, 0x11AD, 0x1103, 0x1104, 0x1105, 0x11B0, 0x11B1, 0x11B2,
    0x11B3, 0x11B4, 0x11B5, 0x111A, 0x1106, 0x1107, 0x1108, 0x1121, 0x1109, 0x110A, 0x110B, 0x110C, 0x110D,
    0x110E, 0x110F, 0x1110, 0x1111, 0x1112, 0, 0, 0, 0x1161, 0x1162, 0x1163, 0x1164, 0x1165, 0x1166, 0, 0,
    0x1167, 0x1168, 0x1169, 0x116A, 0x116B, 0x116C, 0, 0, 0x116D, 0x116E, 0x116F, 0x1170, 0x1171, 0x1172, 0,
    0, 0x1173, 0x1174, 0x1175, 0, 0, 0, 0xA2, 0xA3, 0xAC, 0, 0xA6, 0xA5, 0x20A9, 0, 0x2502, 0x2190, 0x2191,
    0x2192, 0x2193, 0x25A0, 0x25CB,
  ]

  /// The scalars of bytes 0x80...0x9F in Windows-1252; the five bytes that it leaves undefined map to themselves.
  private static let windows1252Upper: [UInt32] = [
    0x20AC, 0x81, 0x201A, 0x192, 0x201E, 0x2026, 0x2020, 0x2021, 0x2C6, 0x2030, 0x160, 0x2039, 0x152,
    0x8D, 0x17D, 0x8F, 0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x2DC, 0x2122,
    0x161, 0x203A, 0x153, 0x9D, 0x17E, 0x178,
  ]

  /// The character that Windows-1252 has for a C1 control; any other scalar is returned unchanged. HTML reads numeric
  /// character references to 0x80...0x9F the same way.
  static func windows1252(_ value: UInt32) -> UInt32 {
    (0x80...0x9F).contains(value) ? windows1252Upper[Int(value - 0x80)] : value
  }
}
