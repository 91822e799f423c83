import System
import Text

/// The two forms in which JSON files list tokens and their ids.
extension Vocabulary {
  /// Reads an object of tokens and ids: {token: id, …}.
  mutating func readTable(_ json: inout JSONReader) throws(Failure) {
    try json.beginTable(atMost: limit)
    while let token = try json.nextKey(atMost: Self.maximumTokenBytes) {
      var id = 0
      do { id = try json.integer() } catch {
        throw error.about("the token \(quoted(token.utf8))")
      }
      try insert(token, id: id)
    }
  }

  /// Reads a list of added tokens: [{"id": id, "content": token, …}, …].
  mutating func readAdded(_ json: inout JSONReader) throws(Failure) {
    try json.beginArray()
    while try json.nextElement() {
      var (id, content): (Int?, String?)
      try json.beginObject()
      while let key = try json.nextKey(atMost: TokenizerJSON.maximumText) {
        switch key {
        case "id": id = try json.integer()
        case "content": content = try json.string(atMost: Self.maximumTokenBytes)
        default: try json.skip(atMost: TokenizerJSON.maximumText)
        }
      }
      guard let id, let content else {
        throw Failure(
          .invalidVocabulary, "byte \(json.position): a token without 'id' or without 'content'")
      }
      try insert(content, id: id)
    }
  }

  /// Checks a whole vocab.json against the merges of the merges.txt beside it.
  static func check(
    file bytes: UnsafeBufferPointer<UInt8>, against builder: inout MergeBuilder
  ) throws(Failure) {
    var json = TokenizerJSON.reader(bytes)
    var vocabulary = Vocabulary()
    try vocabulary.readTable(&json)
    try json.finish()
    try vocabulary.check(added: Vocabulary(), against: &builder)
  }
}
