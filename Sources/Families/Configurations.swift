import System
import Text
import Weights

/// Parsing shared by model configurations, which state properties that weights do not: config.json of Hugging Face's,
/// and open_clip_config.json.
enum Configurations {
  static let maximumBytes = 1 << 20
  /// The most bytes of a key or text.
  static let maximumText = 4096

  typealias Reader = JSONReader

  static func reader(_ bytes: UnsafeRawBufferPointer) -> Reader {
    JSONReader(bytes, maximumDepth: 16, maximumKeys: 4096, subject: "")
  }

  /// Calls `body` for each key of the object that comes next, to read the key's value.
  static func forEachKey(
    _ json: inout Reader, _ body: (_ key: String, inout Reader) throws(Failure) -> Void
  ) throws(Failure) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: maximumText) {
      do { try body(key, &json) } catch { throw error.about(quoted(key.utf8)) }
    }
  }

  static func pass(_ json: inout Reader) throws(Failure) { try json.skip(atMost: maximumText) }

  /// Null stands for a key that is left out.
  private static func isNull(_ json: inout Reader) throws(Failure) -> Bool {
    guard try json.kind() == .null else { return false }
    try json.null()
    return true
  }

  /// A whole number; nil for null.
  static func integer(_ json: inout Reader) throws(Failure) -> Int? {
    try isNull(&json) ? nil : try json.integer()
  }

  /// A text; nil for null.
  static func text(_ json: inout Reader) throws(Failure) -> String? {
    try isNull(&json) ? nil : try json.string(atMost: maximumText)
  }

  /// True or false; nil for null.
  static func bool(_ json: inout Reader) throws(Failure) -> Bool? {
    try isNull(&json) ? nil : try json.bool()
  }

  static func number(_ json: inout Reader) throws(Failure) -> Double? {
    try isNull(&json) ? nil : try json.number()
  }

  /// A setting that is computed in one way only.
  static func expect(_ value: Bool, _ json: inout Reader, _ why: String) throws(Failure) {
    guard let found = try bool(&json), found != value else { return }
    throw .unsupported("is \(found), expected \(value): \(why)")
  }

  static func expect(_ known: [String], _ json: inout Reader) throws(Failure) {
    guard let value = try text(&json), !known.contains(value) else { return }
    throw .unsupported("is \(quoted(value.utf8)), expected '\(known[0])', which alone is computed")
  }

  /// Three numbers, or one for all three channels; nil for null. Whether pixels can be worked on with them is the
  /// preset's to say.
  static func channels(_ json: inout Reader) throws(Failure) -> [Float]? {
    if try isNull(&json) { return nil }
    if try json.kind() == .number { return [Float](repeating: Float(try json.number()), count: 3) }
    var values: [Float] = []
    try json.beginArray()
    while try json.nextElement() {
      guard values.count < 3 else { throw .invalid("more than 3 numbers") }
      values.append(Float(try json.number()))
    }
    guard values.count == 3 else { throw .invalid("\(values.count) numbers, expected 3") }
    return values
  }

  /// A square's side: a number, or a list of two that are the same; nil for null.
  static func side(_ json: inout Reader) throws(Failure) -> Int? {
    guard try json.kind() == .array else { return try integer(&json) }
    var sides: [Int] = []
    try json.beginArray()
    while try json.nextElement() {
      guard sides.count < 2 else { throw .invalid("more than 2 numbers") }
      sides.append(try json.integer())
    }
    guard let side = sides.first else { throw .invalid("an empty list, expected one or two numbers") }
    guard sides.allSatisfy({ $0 == side }) else {
      throw .unsupported("is \(sides): only squares are computed")
    }
    return side
  }

  /// A key that is not known: passed over where its value says nothing (null, false, 0, "none", or nothing inside),
  /// else an error, for it may change what the model computes.
  static func refuseUnlessOff(_ json: inout Reader, _ why: String) throws(Failure) {
    switch try json.kind() {
    case .null: return try json.null()
    case .bool: if try !json.bool() { return }
    case .number: if try json.number() == 0 { return }
    case .string: if ["", "none"].contains(try json.string(atMost: maximumText)) { return }
    case .array:
      try json.beginArray()
      guard try json.nextElement() else { return }
    case .object:
      try json.beginObject()
      guard try json.nextKey(atMost: maximumText) != nil else { return }
    }
    throw .unsupported(why)
  }

  static func refuseUnknown(_ json: inout Reader, of what: String) throws(Failure) {
    try refuseUnlessOff(
      &json, "is no key of \(what) that is known here; take it out if it changes no number")
  }
}

extension FamilyTraits {
  /// Two statements about the same thing, of the image and of the text encoder for example.
  mutating func agree<Value: Equatable>(
    _ path: WritableKeyPath<FamilyTraits, Value?>, _ value: Value, _ what: String
  ) throws(Failure) {
    if let known = self[keyPath: path], known != value {
      throw .unsupported("\(what) is not the same for images and texts: \(known) and \(value)")
    }
    self[keyPath: path] = value
  }
}
