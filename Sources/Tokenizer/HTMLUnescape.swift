import System

/// Replaces HTML character references by the characters that they stand for.
enum HTMLUnescape {
  private typealias Scalars = Slice<UnsafeBufferPointer<UInt32>>

  private static let ampersand: UInt32 = 0x26
  private static let hash: UInt32 = 0x23
  private static let semicolon: UInt32 = 0x3B

  // MARK: - As browsers do it

  /// Appends a text with its references replaced as Python's `html.unescape` does: numeric references with or without
  /// a semicolon, and named ones by the longest name that matches.
  static func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try replaceReferences(in: text, to: &out) { (rest, out) throws(Failure) in
      rest.first == hash ? try appendNumeric(rest, to: &out) : try appendNamed(rest, to: &out)
    }
  }

  /// Appends a text with its references replaced. `reference` gets the text after each "&"; it appends the
  /// replacement and returns the length of the reference, or 0 if there is none.
  private static func replaceReferences(
    in text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>,
    _ reference: (Scalars, inout GrowingArray<UInt32>) throws(Failure) -> Int
  ) throws(Failure) {
    var position = 0
    while position < text.count {
      if text[position] == ampersand {
        let consumed = try reference(text[(position + 1)...], &out)
        if consumed > 0 {
          position += 1 + consumed
          continue
        }
      }
      try out.append(text[position])
      position += 1
    }
  }

  /// Appends the replacement of the numeric reference at the start of `rest`, which begins with "#", and returns its
  /// length; 0 if there is none.
  private static func appendNumeric(
    _ rest: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Int {
    var body = rest.dropFirst()
    let isHexadecimal = body.first == 0x78 || body.first == 0x58
    if isHexadecimal { body = body.dropFirst() }
    var number: UInt32 = 0
    let digits = body.prefix { scalar in
      guard let digit = digitValue(scalar, isHexadecimal) else { return false }
      // Larger numbers are all invalid alike.
      number = min(number * (isHexadecimal ? 16 : 10) + digit, 0x11_0000)
      return true
    }
    guard !digits.isEmpty else { return 0 }
    if let scalar = scalar(ofReference: number) { try out.append(scalar) }
    return digits.endIndex - rest.startIndex + (rest[digits.endIndex...].first == semicolon ? 1 : 0)
  }

  /// The value of a decimal or hexadecimal digit; nil for any other scalar.
  private static func digitValue(_ scalar: UInt32, _ isHexadecimal: Bool) -> UInt32? {
    switch scalar {
    case 0x30...0x39: return scalar - 0x30
    case 0x41...0x46 where isHexadecimal: return scalar - 0x41 + 10
    case 0x61...0x66 where isHexadecimal: return scalar - 0x61 + 10
    default: return nil
    }
  }

  /// The scalar that a numeric reference stands for; nil for code points that HTML forbids.
  private static func scalar(ofReference number: UInt32) -> UInt32? {
    switch number {
    case 0: return 0xFFFD
    case 0x0D: return number
    case 0x80...0x9F: return CharacterRepair.windows1252(number)
    case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0xFDD0...0xFDEF: return nil
    case _ where Unicode.Scalar(number) == nil: return 0xFFFD
    case _ where number & 0xFFFE == 0xFFFE: return nil
    default: return number
    }
  }

  /// Appends the replacement of the named reference at the start of `rest`, which begins after "&", and returns its
  /// length; 0 if there is none.
  private static func appendNamed(
    _ rest: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Int {
    let name = rest.prefix(HTMLEntities.maximumName).prefix { scalar in
      switch scalar {
      case 0x09, 0x0A, 0x0C, 0x20, 0x26, 0x23, 0x3B, 0x3C: return false
      default: return true
      }
    }
    guard !name.isEmpty else { return 0 }
    if rest[name.endIndex...].first == semicolon, let value = HTMLEntities.value(of: name) {
      try append(value, to: &out)
      return name.count + 1
    }
    for length in stride(from: min(name.count, HTMLEntities.maximumBareName), to: 1, by: -1) {
      if let value = HTMLEntities.bareValue(of: name.prefix(length)) {
        try append(value, to: &out)
        return length
      }
    }
    return 0
  }

  /// Appends the one or two scalars of a named reference.
  private static func append(
    _ value: HTMLEntities.Value, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try out.append(value.first)
    if let second = value.second { try out.append(second) }
  }

  // MARK: - As ftfy does it

  /// Appends a text with its references replaced as ftfy does: only complete references with their semicolon, but
  /// also names in all capitals ("&EACUTE;") where they are unambiguous.
  static func appendCarefully(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try replaceReferences(in: text, to: &out) { (rest, out) throws(Failure) in
      try appendWholeReference(rest, to: &out)
    }
  }

  /// Appends the replacement of the complete reference at the start of `rest`, which begins after "&", and returns
  /// its length; 0 if there is none.
  private static func appendWholeReference(
    _ rest: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Int {
    let maximumName = 24
    let isNumeric = rest.first == hash
    let body = isNumeric ? rest.dropFirst() : rest
    let name = body.prefix(maximumName + 1).prefix { ScalarClass.isASCIIAlphanumeric($0) }
    guard !name.isEmpty, name.count <= maximumName, rest[name.endIndex...].first == semicolon else {
      return 0
    }
    let length = name.endIndex - rest.startIndex + 1
    if isNumeric {
      let start = out.count
      let consumed = try appendNumeric(rest, to: &out)
      // "&#59;" stands for a semicolon: ftfy regards that as a failure and keeps the reference.
      if consumed == length, out.count == start || out[start] != semicolon { return length }
      out.removeLast(to: start)
      return 0
    }
    if let value = HTMLEntities.value(of: name) {
      try append(value, to: &out)
      return length
    }
    return try appendCapitals(name, to: &out) ? length : 0
  }

  /// Appends the upper-case form of the character that a name in all capitals stands for in lower case; returns
  /// false, with nothing appended, if there is no such name or it begins with a name that needs no semicolon.
  private static func appendCapitals(
    _ name: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Bool {
    guard name.allSatisfy({ !(0x61...0x7A).contains($0) }) else { return false }
    let lowered = name.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    guard let value = lowered.withUnsafeBufferPointer({ HTMLEntities.value(of: $0[...]) }) else {
      return false
    }
    for length in 2...HTMLEntities.maximumBareName
    where length <= name.count && HTMLEntities.bareValue(of: name.prefix(length)) != nil {
      return false
    }
    for scalar in [value.first, value.second] {
      guard let properties = scalar.flatMap({ Unicode.Scalar($0) })?.properties else { continue }
      for capital in properties.uppercaseMapping.unicodeScalars { try out.append(capital.value) }
    }
    return true
  }
}
