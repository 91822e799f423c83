import System
import Text

/// The tokens of a vocabulary by id, as its JSON lists them. Inserting throws where memory is refused.
struct Vocabulary: ~Copyable {
  /// The largest number of tokens of CLIP's kind; CLIP has 49,408.
  static let maximumTokens = 1 << 17
  static let maximumTokenBytes = 256

  // Not private: Swift 6.3 fails to compile the destruction of an array of a private type in another file.
  /// The position of a token's text in the text of all tokens.
  struct Token {
    let start: Int
    /// The length in bytes; negative if no token has the id.
    let length: Int
    static let none = Token(start: 0, length: -1)
  }

  /// The largest number of tokens.
  let limit: Int
  private var text = GrowingArray<UInt8>()
  private var tokens = GrowingArray<Token>()

  init(limit: Int = maximumTokens) { self.limit = limit }

  /// The largest id + 1.
  var end: Int { tokens.count }

  /// The text of a token; nil if no token has the id.
  func token(_ id: Int) -> UnsafeBufferPointer<UInt8>? {
    guard id < tokens.count, tokens[id].length >= 0 else { return nil }
    return UnsafeBufferPointer(rebasing: text.view[tokens[id].start...].prefix(tokens[id].length))
  }

  /// Adds a token; fails if its id is taken or too large.
  mutating func insert(_ token: String, id: Int) throws(Failure) {
    guard id >= 0, id < limit else {
      throw Failure(
        .limit,
        "the token \(quoted(token.utf8)) has the id \(id); the largest allowed is \(limit - 1)")
    }
    if let other = self.token(id) {
      throw Failure(
        .invalidVocabulary,
        "the tokens \(quoted(other)) and \(quoted(token.utf8)) have the same id, \(id)")
    }
    try tokens.extend(to: id, filling: .none)
    let start = text.count
    for byte in token.utf8 { try text.append(byte) }
    tokens[id] = Token(start: start, length: text.count - start)
  }

  /// Checks that every token has the id that CLIP's order gives it for these merges: byte symbols, merges, markers.
  ///
  /// - Parameter added: tokens listed separately, which may repeat those of this vocabulary.
  func check(added: borrowing Vocabulary, against builder: inout MergeBuilder) throws(Failure) {
    try builder.addMarkers()
    for id in 0..<max(builder.symbols.count, end, added.end) {
      let (own, other) = (token(id), added.token(id))
      if let own { try Self.check(own, id, builder.symbols) }
      if let other { try Self.check(other, id, builder.symbols) }
      // Ids beyond the symbols need no check for gaps: any token there is refused above.
      if own == nil, other == nil, id < builder.symbols.count {
        throw Failure(
          .invalidVocabulary,
          "no token has the id \(id), expected \(quoted(builder.symbols.spelling(of: id)))")
      }
    }
  }

  /// Checks that the symbol `token` has the id `id`.
  private static func check(
    _ token: UnsafeBufferPointer<UInt8>, _ id: Int, _ symbols: borrowing SymbolTable
  ) throws(Failure) {
    let found = symbols.find(token)
    if let found, Int(found) == id { return }
    let subject = "the token \(quoted(token)) has the id \(id), "
    if let found {
      throw Failure(
        .invalidVocabulary, subject + "expected \(found): CLIP's order is bytes, merges, markers")
    }
    guard id < symbols.count else {
      throw Failure(
        .invalidVocabulary,
        subject + "but with these merges CLIP's vocabulary has \(symbols.count) tokens and not this one")
    }
    throw Failure(
      .invalidVocabulary,
      subject + "expected \(quoted(symbols.spelling(of: id))): it is not a byte, merge or marker")
  }
}
