import System

/// A strict pull parser of JSON (RFC 8259): the caller names the value that must come next. It never recurses and
/// looks ahead one byte. Beyond the RFC it refuses duplicate keys of an object (compared after unescaping), since
/// parsers disagree on which one counts; lone surrogates; nesting beyond a depth; and, where the caller asks for an
/// integer, anything but 0 to 2^53 in plain digits.
public struct JSONReader {
  private struct Container {
    let closing: UInt8
    /// The most keys that the object may have.
    let maximumKeys: Int
    /// The keys so far; nil if the caller looks for duplicates itself.
    var keys: Keys?
    var keyCount = 0
    var isEmpty = true
    var isObject: Bool { closing == UInt8(ascii: "}") }
  }

  /// The keys of one object, compared as bytes. The first four are in an array, since most objects have about three
  /// keys, for which a set is slower.
  private struct Keys {
    private var firstKeys: [String] = []
    private var otherKeys: Set<[UInt8]> = []

    /// Adds a key; returns false if it is there already.
    mutating func insert(_ key: String) -> Bool {
      if firstKeys.contains(where: { $0.utf8.elementsEqual(key.utf8) }) { return false }
      guard firstKeys.count == 4 else {
        firstKeys.append(key)
        return true
      }
      return otherKeys.insert(Array(key.utf8)).inserted
    }
  }

  private let bytes: UnsafeRawBufferPointer
  private let maximumDepth: Int
  private let maximumKeys: Int
  /// The words before the number of a byte in messages, such as "header ".
  private let subject: String
  /// The kind of failure thrown for invalid JSON and for an unexpected value.
  private let invalid: Failure.Kind
  /// The offset of the next byte to read.
  public private(set) var position = 0
  /// The arrays and objects that are not closed yet, outermost first.
  private var open: [Container] = []

  /// Makes a reader of `bytes`, which must outlive it.
  /// - Parameters:
  ///   - maximumDepth: the deepest nesting of arrays and objects.
  ///   - maximumKeys: the most keys of an object.
  ///   - subject: the words before the number of a byte in messages.
  ///   - invalid: the kind of failure thrown for invalid JSON and for an unexpected value.
  public init(
    _ bytes: UnsafeRawBufferPointer, maximumDepth: Int, maximumKeys: Int, subject: String = "header ",
    invalid: Failure.Kind = .invalid
  ) {
    self.bytes = bytes
    self.maximumDepth = maximumDepth
    self.maximumKeys = maximumKeys
    self.subject = subject
    self.invalid = invalid
  }

  /// Reads the opening brace of an object.
  public mutating func beginObject() throws(Failure) {
    try begin("{", Container(closing: UInt8(ascii: "}"), maximumKeys: maximumKeys, keys: Keys()), "an object")
  }

  /// Reads the opening brace of an object of at most `maximum` keys whose duplicates the caller looks for: a table
  /// with so many keys that the reader should not keep them.
  public mutating func beginTable(atMost maximum: Int) throws(Failure) {
    try begin("{", Container(closing: UInt8(ascii: "}"), maximumKeys: maximum, keys: nil), "an object")
  }

  /// Reads the opening bracket of an array.
  public mutating func beginArray() throws(Failure) {
    try begin("[", Container(closing: UInt8(ascii: "]"), maximumKeys: 0, keys: nil), "an array")
  }

  /// Reads the next key of the innermost object and its colon; nil after the closing brace. A key has at most `limit`
  /// bytes.
  public mutating func nextKey(atMost limit: Int) throws(Failure) -> String? {
    guard try advance() else { return nil }
    let start = position
    let key = try string(atMost: limit)
    let last = open.count - 1
    guard last >= 0, open[last].keyCount < open[last].maximumKeys else {
      let maximum = last >= 0 ? open[last].maximumKeys : 0
      throw failure(.limit, "an object has over \(maximum) keys", at: start)
    }
    open[last].keyCount += 1
    guard open[last].keys?.insert(key) != false else {
      throw failure(invalid, "the key \(quoted(key.utf8)) appears twice", at: start)
    }
    try expect(":", "a colon after the key \(quoted(key.utf8))")
    return key
  }

  /// Returns true if the innermost array has another element, which the caller reads next; false after the closing
  /// bracket.
  public mutating func nextElement() throws(Failure) -> Bool { try advance() }

  /// Reads a whole number from 0 to 2^53, the range in which all JSON parsers agree.
  public mutating func integer() throws(Failure) -> Int {
    skipWhitespace()
    let start = position
    var value = 0
    while let byte = peek(), byte >= 0x30, byte <= 0x39 {
      value = value * 10 + Int(byte - 0x30)
      guard value <= 1 << 53 else {
        throw failure(invalid, "a number is larger than 2^53", at: start)
      }
      position += 1
    }
    let digits = position - start
    let leadingZero = digits > 1 && bytes[start] == 0x30
    let next = peek() ?? 0x20
    let hasFraction = next == UInt8(ascii: ".") || next == UInt8(ascii: "e") || next == UInt8(ascii: "E")
    guard digits > 0, !leadingZero, !hasFraction else {
      throw failure(invalid, "a whole number in plain digits is expected", at: start)
    }
    return value
  }

  /// Reads a string and unescapes it. A string of more than `limit` bytes is refused before it is stored.
  public mutating func string(atMost limit: Int) throws(Failure) -> String {
    try expect("\"", "a string")
    let start = position - 1
    // Most strings have no escapes and are copied as they are.
    let plain = bytes[position...].prefix(limit + 1).prefix { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
    if plain.count <= limit, plain.endIndex < bytes.count, bytes[plain.endIndex] == UInt8(ascii: "\"") {
      guard let string = String(validating: plain, as: UTF8.self) else {
        throw failure(invalid, "a string is not valid UTF-8", at: start)
      }
      position = plain.endIndex + 1
      return string
    }
    position = start
    var text = GrowingArray<UInt8>()
    try self.string(atMost: limit, into: &text)
    return String(decoding: text.view, as: UTF8.self)
  }

  /// Reads a string of at most `limit` bytes, unescapes it and appends it to `text`, for strings whose size a file
  /// decides.
  public mutating func string(atMost limit: Int, into text: inout GrowingArray<UInt8>) throws(Failure) {
    try expect("\"", "a string")
    let start = position - 1
    let first = text.count
    while true {
      guard let byte = peek() else { throw failure(invalid, "a string does not end", at: start) }
      guard text.count - first <= limit else {
        throw failure(.limit, "a string is longer than \(limit) bytes", at: start)
      }
      position += 1
      switch byte {
      case UInt8(ascii: "\""):
        guard isUTF8(UnsafeBufferPointer(rebasing: text.view[first...])) else {
          throw failure(invalid, "a string is not valid UTF-8", at: start)
        }
        return
      case 0x00..<0x20:
        throw failure(invalid, "a string holds a raw control character", at: position - 1)
      case UInt8(ascii: "\\"): try appendEscape(to: &text)
      default:
        let rest = bytes[(position - 1)...].prefix(limit + 1 - (text.count - first))
        let plain = rest.prefix { $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }
        position = plain.endIndex
        try text.append(
          contentsOf: UnsafeRawBufferPointer(rebasing: plain).assumingMemoryBound(to: UInt8.self))
      }
    }
  }

  // MARK: - Values of any kind

  /// The kind of a JSON value.
  public enum Kind: Sendable { case object, array, string, number, bool, null }

  /// The kind of the next value by its first byte; the value itself is not read.
  public mutating func kind() throws(Failure) -> Kind {
    skipWhitespace()
    switch peek() {
    case UInt8(ascii: "{"): return .object
    case UInt8(ascii: "["): return .array
    case UInt8(ascii: "\""): return .string
    case .some(0x30...0x39), UInt8(ascii: "-"): return .number
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool
    case UInt8(ascii: "n"): return .null
    default: throw failure(invalid, "a value is expected", at: position)
    }
  }

  /// Reads any JSON number that is finite as a Double.
  public mutating func number() throws(Failure) -> Double {
    skipWhitespace()
    let start = position
    guard let length = decimalLength(bytes[start...]), length <= 64,
      let value = Double(String(decoding: bytes[start..<start + length], as: UTF8.self)), value.isFinite
    else { throw failure(invalid, "a number is expected", at: start) }
    position = start + length
    return value
  }

  /// Reads `true` or `false`.
  public mutating func bool() throws(Failure) -> Bool {
    skipWhitespace()
    if take("true") { return true }
    if take("false") { return false }
    throw failure(invalid, "true or false is expected", at: position)
  }

  /// Reads `null`.
  public mutating func null() throws(Failure) {
    skipWhitespace()
    guard take("null") else { throw failure(invalid, "null is expected", at: position) }
  }

  /// Skips the next value of any kind. Its strings and keys have at most `limit` bytes.
  public mutating func skip(atMost limit: Int) throws(Failure) {
    let depth = open.count
    while true {
      switch try kind() {
      case .object: try beginObject()
      case .array: try beginArray()
      case .string: _ = try string(atMost: limit)
      case .number: _ = try number()
      case .bool: _ = try bool()
      case .null: try null()
      }
      // Advances to the next value in the innermost container, and leaves containers that end here.
      while open.count > depth {
        let isObject = open.last?.isObject == true
        if isObject ? try nextKey(atMost: limit) != nil : try nextElement() { break }
      }
      if open.count == depth { return }
    }
  }

  private mutating func take(_ word: StaticString) -> Bool {
    let count = word.utf8CodeUnitCount
    guard count <= bytes.count - position else { return false }
    for i in 0..<count where bytes[position + i] != word.utf8Start[i] { return false }
    position += count
    return true
  }

  /// Checks that only white space follows the outermost value.
  public mutating func finish() throws(Failure) {
    skipWhitespace()
    guard position == bytes.count else {
      throw failure(invalid, "bytes follow the end of the JSON", at: position)
    }
  }

  // MARK: - Parts

  private mutating func begin(
    _ opening: Unicode.Scalar, _ container: Container, _ description: String
  ) throws(Failure) {
    try expect(opening, description)
    guard open.count < maximumDepth else {
      throw failure(.limit, "the JSON is nested deeper than \(maximumDepth)", at: position - 1)
    }
    open.append(container)
  }

  /// Moves past the comma to the next item; returns false after moving past the closing bracket or brace.
  private mutating func advance() throws(Failure) -> Bool {
    guard let container = open.last else { return false }
    skipWhitespace()
    if peek() == container.closing {
      position += 1
      open.removeLast()
      return false
    }
    if !container.isEmpty { try expect(",", "a comma or the end of the list") }
    open[open.count - 1].isEmpty = false
    return true
  }

  private mutating func appendEscape(to text: inout GrowingArray<UInt8>) throws(Failure) {
    let start = position - 1
    let escape = peek()
    position += 1
    switch escape {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): try text.append(escape ?? 0)
    case UInt8(ascii: "b"): try text.append(0x08)
    case UInt8(ascii: "f"): try text.append(0x0C)
    case UInt8(ascii: "n"): try text.append(0x0A)
    case UInt8(ascii: "r"): try text.append(0x0D)
    case UInt8(ascii: "t"): try text.append(0x09)
    case UInt8(ascii: "u"):
      var code = try hexadecimal4(escapeAt: start)
      if code >= 0xD800, code < 0xDC00, peek() == UInt8(ascii: "\\") {
        position += 1
        guard peek() == UInt8(ascii: "u") else {
          throw failure(invalid, "a lone surrogate in a string", at: start)
        }
        position += 1
        let low = try hexadecimal4(escapeAt: start)
        guard low >= 0xDC00, low < 0xE000 else {
          throw failure(invalid, "a lone surrogate in a string", at: start)
        }
        code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
      }
      guard let scalar = Unicode.Scalar(code) else {
        throw failure(invalid, "a lone surrogate in a string", at: start)
      }
      try UTF8Scalars.forEachByte(of: scalar.value) { (byte) throws(Failure) in try text.append(byte) }
    default: throw failure(invalid, "an unknown escape in a string", at: start)
    }
  }

  private mutating func hexadecimal4(escapeAt start: Int) throws(Failure) -> UInt32 {
    var code: UInt32 = 0
    for _ in 0..<4 {
      let digit: UInt8
      switch peek() {
      case let byte? where byte >= 0x30 && byte <= 0x39: digit = byte - 0x30
      case let byte? where byte | 0x20 >= 0x61 && byte | 0x20 <= 0x66: digit = (byte | 0x20) - 0x61 + 10
      default: throw failure(invalid, "an escape without four hexadecimal digits", at: start)
      }
      code = code << 4 | UInt32(digit)
      position += 1
    }
    return code
  }

  private mutating func expect(
    _ scalar: Unicode.Scalar, _ description: @autoclosure () -> String
  ) throws(Failure) {
    skipWhitespace()
    guard peek() == UInt8(ascii: scalar) else {
      throw failure(invalid, "\(description()) is expected", at: position)
    }
    position += 1
  }

  private mutating func skipWhitespace() {
    while let byte = peek(), byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D {
      position += 1
    }
  }

  private func peek() -> UInt8? { position < bytes.count ? bytes[position] : nil }

  private func failure(_ kind: Failure.Kind, _ message: String, at offset: Int) -> Failure {
    Failure(kind, "\(subject)byte \(offset): \(message)")
  }
}
