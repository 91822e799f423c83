import System

/// The names of the pictures in a folder of extracted frames: a number between a beginning and an end, as in
/// img_00001.jpg.
struct FrameNames: Equatable {
  let beginning: [UInt8]
  let end: [UInt8]

  /// Takes the name of a picture apart, at the last digits before ".jpg", ".jpeg" or ".png"; nil for other names, and
  /// for hidden ones.
  static func split(_ name: ArraySlice<UInt8>) -> (names: FrameNames, digits: ArraySlice<UInt8>)? {
    guard name.first != UInt8(ascii: "."), let dot = name.lastIndex(of: UInt8(ascii: ".")) else { return nil }
    let suffix = name[dot...].map { $0 | 0x20 }  // letters in lower case, and the dot as it is
    guard [".jpg", ".jpeg", ".png"].contains(where: { suffix.elementsEqual($0.utf8) }) else { return nil }
    let start = name[..<dot].lastIndex { !isDigit($0) }.map { $0 + 1 } ?? name.startIndex
    guard start < dot else { return nil }
    return (
      FrameNames(beginning: Array(name[..<start]), end: Array(name[dot...])), name[start..<dot]
    )
  }

  /// Reads a template with one place for a number, as in image_%05d.jpg or img_{:05}.jpg; nil without one, or with
  /// several.
  init?(template: ArraySlice<UInt8>) {
    var found: Range<Int>?
    var rest = template
    while let start = rest.firstIndex(where: { $0 == UInt8(ascii: "%") || $0 == UInt8(ascii: "{") }) {
      rest = template[(start + 1)...]
      guard let end = FrameNames.endOfPlace(in: template, from: start) else { continue }
      guard found == nil else { return nil }
      found = start..<end
      rest = template[end...]
    }
    guard let found else { return nil }
    beginning = Array(template[..<found.lowerBound])
    end = Array(template[found.upperBound...])
  }

  /// The end of a place for a number that begins at `start`, "%d" or "%05d", "{}", "{:d}", "{:05}" or "{:05d}"; nil if
  /// none does.
  private static func endOfPlace(in template: ArraySlice<UInt8>, from start: Int) -> Int? {
    let isPercent = template[start] == UInt8(ascii: "%")
    var rest = template[(start + 1)...]
    if !isPercent, rest.first == UInt8(ascii: ":") { rest = rest.dropFirst() }
    rest = rest.drop(while: isDigit)
    if isPercent { return rest.first == UInt8(ascii: "d") ? rest.startIndex + 1 : nil }
    if rest.first == UInt8(ascii: "d") { rest = rest.dropFirst() }
    return rest.first == UInt8(ascii: "}") ? rest.startIndex + 1 : nil
  }

  private init(beginning: [UInt8], end: [UInt8]) {
    self.beginning = beginning
    self.end = end
  }

  /// The digits of a name of this form; nil for other names.
  func digits(of name: ArraySlice<UInt8>) -> ArraySlice<UInt8>? {
    guard name.count > beginning.count + end.count, name.starts(with: beginning),
      name.suffix(end.count).elementsEqual(end)
    else { return nil }
    let digits = name.dropFirst(beginning.count).dropLast(end.count)
    return digits.allSatisfy(Self.isDigit) ? digits : nil
  }

  /// The name with a number of at least `width` digits.
  func name(_ number: Int, width: Int) -> [UInt8] {
    let digits = Array(String(number).utf8)
    return beginning + [UInt8](repeating: UInt8(ascii: "0"), count: max(0, width - digits.count)) + digits
      + end
  }

  private static func isDigit(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
  }
}
