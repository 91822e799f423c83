/// Facts about mojibake, text that was decoded with the wrong encoding ("Ã©" for "é"), as ftfy has them: kinds of
/// characters that take part in it, and which of their sequences betray it. Source: ftfy's `badness`.
enum Mojibake {
  /// The kinds of one character; their bits are those of the table.
  struct Kinds: OptionSet {
    let rawValue: UInt32

    /// In text of many sorts; proof of nothing.
    static let common = Kinds(rawValue: 1 << 0)
    static let c1 = Kinds(rawValue: 1 << 1)
    /// Hardly ever outside mojibake.
    static let bad = Kinds(rawValue: 1 << 2)
    static let law = Kinds(rawValue: 1 << 3)
    static let currency = Kinds(rawValue: 1 << 4)
    static let start = Kinds(rawValue: 1 << 5)
    static let end = Kinds(rawValue: 1 << 6)
    static let numeric = Kinds(rawValue: 1 << 7)
    /// Letters that faces are drawn with.
    static let kaomoji = Kinds(rawValue: 1 << 8)
    static let upperAccented = Kinds(rawValue: 1 << 9)
    static let lowerAccented = Kinds(rawValue: 1 << 10)
    static let upperCommon = Kinds(rawValue: 1 << 11)
    static let lowerCommon = Kinds(rawValue: 1 << 12)
    static let box = Kinds(rawValue: 1 << 13)
    /// In some encoding the first byte of a UTF-8 sequence of two bytes, of three, of four.
    static let firstOfTwo = Kinds(rawValue: 1 << 14)
    static let firstOfThree = Kinds(rawValue: 1 << 15)
    static let firstOfFour = Kinds(rawValue: 1 << 16)
    /// In some encoding a later byte of a UTF-8 sequence, or a space that may have been one.
    static let continuation = Kinds(rawValue: 1 << 17)
    static let strictContinuation = Kinds(rawValue: 1 << 18)
  }

  /// Most characters have no kind.
  static func kinds(of value: UInt32) -> Kinds {
    if value < 0x80 { return value == 0x20 ? .continuation : [] }
    if value < UInt32(directKinds.count) { return directKinds[Int(value)] }
    return value < 0xF000 ? [] : farKinds[value] ?? []
  }

  /// Kinds by character, for all but three: a ligature or two, Apple's logo, and U+FFFD.
  private static let directKinds: [Kinds] = {
    var result = [Kinds](repeating: [], count: 0x2800)
    for (value, kinds) in records where value < 0x2800 { result[Int(value)] = kinds }
    return result
  }()
  private static let farKinds = Dictionary(
    uniqueKeysWithValues: records.lazy.filter { $0.value >= 0x2800 }.map { ($0.value, $0.kinds) })

  private static let records: [(value: UInt32, kinds: Kinds)] = words(of: characters).compactMap { word in
    let numbers = word.split(separator: ";").compactMap { UInt32($0, radix: 16) }
    return numbers.count == 2 ? (numbers[0], Kinds(rawValue: numbers[1])) : nil
  }

  /// The words of a table.
  static func words(of table: StaticString) -> [Substring] {
    let bytes = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
    return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
  }
}
