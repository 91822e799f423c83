import System

/// HTML character references to the characters they stand for.
enum HTMLUnescape {
  private typealias Scalars = Slice<UnsafeBufferPointer<UInt32>>

  private static let ampersand: UInt32 = 0x26
  private static let hash: UInt32 = 0x23
  private static let semicolon: UInt32 = 0x3B

  // MARK: - As browsers do it

  /// Python's `html.unescape`: numeric references with or without a semicolon, named ones by the
  /// longest name that fits.
  static func append(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try replaceReferences(in: text, to: &out) { (rest, out) throws(Failure) in
      rest.first == hash ? try appendNumeric(rest, to: &out) : try appendNamed(rest, to: &out)
    }
  }

  /// Copies the text; `reference` is given what follows each "&", appends what it stands for, and
  /// returns how much of it was a reference, 0 if none.
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

  /// `rest` starts at "#". Returns how much of it was a reference; 0 if none.
  private static func appendNumeric(
    _ rest: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Int {
    var body = rest.dropFirst()
    let isHexadecimal = body.first == 0x78 || body.first == 0x58
    if isHexadecimal { body = body.dropFirst() }
    var number: UInt32 = 0
    let digits = body.prefix { scalar in
      guard let digit = digitValue(scalar, isHexadecimal) else { return false }
      // Everything from 0x110000 on means the same.
      number = min(number * (isHexadecimal ? 16 : 10) + digit, 0x11_0000)
      return true
    }
    guard !digits.isEmpty else { return 0 }
    if let scalar = scalar(ofReference: number) { try out.append(scalar) }
    return digits.endIndex - rest.startIndex + (rest[digits.endIndex...].first == semicolon ? 1 : 0)
  }

  private static func digitValue(_ scalar: UInt32, _ isHexadecimal: Bool) -> UInt32? {
    switch scalar {
    case 0x30...0x39: return scalar - 0x30
    case 0x41...0x46 where isHexadecimal: return scalar - 0x41 + 10
    case 0x61...0x66 where isHexadecimal: return scalar - 0x61 + 10
    default: return nil
    }
  }

  /// The scalar of a numeric reference; nil for the code points that HTML forbids.
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

  /// `rest` starts after "&". At most 32 characters may be a name, with what follows it.
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

  private static func append(
    _ value: HTMLEntities.Value, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try out.append(value.first)
    if let second = value.second { try out.append(second) }
  }

  // MARK: - As ftfy does it

  /// ftfy's careful form: only whole references with their semicolon, and also names written all in
  /// capitals ("&EACUTE;") where that can mean nothing else.
  static func appendCarefully(
    _ text: UnsafeBufferPointer<UInt32>, to out: inout GrowingArray<UInt32>
  ) throws(Failure) {
    try replaceReferences(in: text, to: &out) { (rest, out) throws(Failure) in
      try appendWholeReference(rest, to: &out)
    }
  }

  /// `rest` starts after "&".
  private static func appendWholeReference(
    _ rest: Scalars, to out: inout GrowingArray<UInt32>
  ) throws(Failure) -> Int {
    let longestName = 24
    let isNumeric = rest.first == hash
    let body = isNumeric ? rest.dropFirst() : rest
    let name = body.prefix(longestName + 1).prefix { ScalarClass.isASCIIAlphanumeric($0) }
    guard !name.isEmpty, name.count <= longestName, rest[name.endIndex...].first == semicolon else {
      return 0
    }
    let whole = name.endIndex - rest.startIndex + 1
    if isNumeric {
      let mark = out.count
      let consumed = try appendNumeric(rest, to: &out)
      // "&#59;" would give a new semicolon: ftfy takes that for a failure and leaves the reference.
      if consumed == whole, out.count == mark || out[mark] != semicolon { return whole }
      out.removeLast(to: mark)
      return 0
    }
    if let value = HTMLEntities.value(of: name) {
      try append(value, to: &out)
      return whole
    }
    return try appendCapitals(name, to: &out) ? whole : 0
  }

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
