import Text
import Weights

/// What a model's configuration file says that its weights do not: config.json of Hugging Face's, and
/// open_clip_config.json.
enum Configurations {
  static let maximumBytes = 1 << 20
  /// Of a key or a text.
  static let maximumText = 4096

  typealias Reader = JSONReader<WeightsError>

  static func reader(_ bytes: UnsafeRawBufferPointer) -> Reader {
    JSONReader(bytes, maximumDepth: 16, maximumKeys: 4096, subject: "")
  }

  /// Calls `body` for each key of the object that comes next, to read the key's value.
  static func forEachKey(
    _ json: inout Reader, _ body: (_ key: String, inout Reader) throws(WeightsError) -> Void
  ) throws(WeightsError) {
    try json.beginObject()
    while let key = try json.nextKey(atMost: maximumText) {
      do { try body(key, &json) } catch { throw error.within(quoted(key.utf8)) }
    }
  }

  /// A whole number; nil for null.
  static func integer(_ json: inout Reader) throws(WeightsError) -> Int? {
    if try json.kind() == .null {
      try json.null()
      return nil
    }
    return try json.integer()
  }

  /// A text; nil for null.
  static func text(_ json: inout Reader) throws(WeightsError) -> String? {
    if try json.kind() == .null {
      try json.null()
      return nil
    }
    return try json.string(atMost: maximumText)
  }

  /// Three numbers; whether pixels can be worked on with them is the preset's to say.
  static func channels(_ json: inout Reader) throws(WeightsError) -> [Float] {
    var values: [Float] = []
    try json.beginArray()
    while try json.nextElement() {
      guard values.count < 3 else { throw .invalid("more than 3 numbers") }
      values.append(Float(try json.number()))
    }
    guard values.count == 3 else { throw .invalid("\(values.count) numbers, expected 3") }
    return values
  }
}

extension FamilyTraits {
  /// Two statements about the same thing, of the image and of the text encoder for example.
  mutating func agree<Value: Equatable>(
    _ path: WritableKeyPath<FamilyTraits, Value?>, _ value: Value, _ what: String
  ) throws(WeightsError) {
    if let known = self[keyPath: path], known != value {
      throw .unsupported("\(what) is not the same for images and texts: \(known) and \(value)")
    }
    self[keyPath: path] = value
  }
}
