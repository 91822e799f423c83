import System
import Text

/// Tokens by id, as a vocabulary's JSON gives them: a table in memory that can be refused.
struct Vocabulary: ~Copyable {
  /// CLIP has 49,408.
  static let maximumTokens = 1 << 17
  static let maximumTokenBytes = 256

  /// Not private: Swift 6.3 fails to compile the end of a buffer of a private type in another file.
  struct Token {
    let start: Int
    /// Negative where no token has the id.
    let length: Int
    static let none = Token(start: 0, length: -1)
  }

  private var text = GrowingArray<UInt8>()
  private var tokens = GrowingArray<Token>()

  /// One more than the largest id.
  private var end: Int { tokens.count }

  private func token(_ id: Int) -> UnsafeBufferPointer<UInt8>? {
    guard id < tokens.count, tokens[id].length >= 0 else { return nil }
    return UnsafeBufferPointer(rebasing: text.view[tokens[id].start...].prefix(tokens[id].length))
  }

  mutating func insert(_ token: String, id: Int) throws(Failure) {
    guard id >= 0, id < Self.maximumTokens else {
      throw Failure(
        .limit, "the token \(quoted(token.utf8)) has the id \(id); ids to \(Self.maximumTokens - 1) are read")
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

  /// Holds every id against CLIP's order for these merges: byte symbols, merges, markers.
  ///
  /// - Parameter added: tokens listed besides, which may repeat those here.
  func check(added: borrowing Vocabulary, against builder: inout MergeBuilder) throws(Failure) {
    try builder.addMarkers()
    for id in 0..<max(builder.symbols.count, end, added.end) {
      let (own, other) = (token(id), added.token(id))
      if let own { try Self.check(own, id, builder.symbols) }
      if let other { try Self.check(other, id, builder.symbols) }
      // Beyond the symbols a gap is followed by a token too many.
      if own == nil, other == nil, id < builder.symbols.count {
        throw Failure(
          .invalidVocabulary,
          "no token has the id \(id), expected \(quoted(builder.symbols.spelling(of: id)))")
      }
    }
  }

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
      subject + "expected \(quoted(symbols.spelling(of: id))): it is no byte, merge or marker")
  }
}
