/// The kinds of characters that occur in mojibake, text that was decoded with the wrong encoding ("Ã©" for "é").
/// Source: ftfy's `badness`.
enum Mojibake {
  /// The kinds of one character, as bits; the same bits are used in the table.
  struct Kinds: OptionSet {
    let rawValue: UInt32

    /// Characters of ordinary text, which prove nothing.
    static let common = Kinds(rawValue: 1 << 0)
    static let c1 = Kinds(rawValue: 1 << 1)
    /// Characters that hardly occur outside mojibake.
    static let bad = Kinds(rawValue: 1 << 2)
    static let law = Kinds(rawValue: 1 << 3)
    static let currency = Kinds(rawValue: 1 << 4)
    static let start = Kinds(rawValue: 1 << 5)
    static let end = Kinds(rawValue: 1 << 6)
    static let numeric = Kinds(rawValue: 1 << 7)
    /// Letters that text faces (kaomoji) are drawn with.
    static let kaomoji = Kinds(rawValue: 1 << 8)
    static let upperAccented = Kinds(rawValue: 1 << 9)
    static let lowerAccented = Kinds(rawValue: 1 << 10)
    static let upperCommon = Kinds(rawValue: 1 << 11)
    static let lowerCommon = Kinds(rawValue: 1 << 12)
    static let box = Kinds(rawValue: 1 << 13)
    /// Characters that some encoding has for the first byte of a two-byte UTF-8 sequence.
    static let firstOfTwo = Kinds(rawValue: 1 << 14)
    /// Characters that some encoding has for the first byte of a three-byte UTF-8 sequence.
    static let firstOfThree = Kinds(rawValue: 1 << 15)
    /// Characters that some encoding has for the first byte of a four-byte UTF-8 sequence.
    static let firstOfFour = Kinds(rawValue: 1 << 16)
    /// Characters that some encoding has for a continuation byte of UTF-8, and the space, which may replace one.
    static let continuation = Kinds(rawValue: 1 << 17)
    /// Characters that some encoding has for a continuation byte of UTF-8, without the space.
    static let strictContinuation = Kinds(rawValue: 1 << 18)
  }

  /// The kinds of a character; most characters have none.
  static func kinds(of value: UInt32) -> Kinds {
    if value < 0x80 { return value == 0x20 ? .continuation : [] }
    if value < UInt32(lowKinds.count) { return lowKinds[Int(value)] }
    return value < 0xF000 ? [] : highKinds[value] ?? []
  }

  /// The kinds of the characters below U+2800, indexed by character. Few characters above it have any.
  private static let lowKinds: [Kinds] = {
    var result = [Kinds](repeating: [], count: 0x2800)
    for (value, kinds) in records where value < 0x2800 { result[Int(value)] = kinds }
    return result
  }()
  private static let highKinds = Dictionary(
    uniqueKeysWithValues: records.lazy.filter { $0.value >= 0x2800 }.map { ($0.value, $0.kinds) })

  private static let records: [(value: UInt32, kinds: Kinds)] = words(of: characters).compactMap { word in
    let numbers = word.split(separator: ";").compactMap { UInt32($0, radix: 16) }
    return numbers.count == 2 ? (numbers[0], Kinds(rawValue: numbers[1])) : nil
  }

  /// Splits a table at spaces and line breaks.
  static func words(of table: StaticString) -> [Substring] {
    let bytes = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
    return String(decoding: bytes, as: UTF8.self).split { $0 == " " || $0 == "\n" }
  }
}
