import Memory
import Text

/// Why a tokenizer could not be loaded or a text could not be encoded.
public struct TokenizerError: Error, Equatable, Sendable {
  public enum Kind: Sendable {
    /// The file is missing, unreadable or not a regular file.
    case fileOpen
    /// Reading the file failed half-way.
    case fileRead
    /// The gzip container is damaged or truncated.
    case invalidCompression
    /// A line of the merge list is not a merge, or contradicts an earlier one.
    case invalidMerges
    /// The JSON of a vocabulary is broken, is not CLIP's, or contradicts its merges.
    case invalidVocabulary
    /// The merge list does not have the size the vocabulary asks for.
    case vocabularyMismatch
    /// Beyond a size limit.
    case limit
    /// The text is not UTF-8.
    case invalidUTF8
    /// More tokens than the context holds.
    case tooLong
    /// A prompt template without exactly one "{}".
    case invalidTemplate
    /// A size or buffer given by the caller does not fit.
    case invalidArgument
    case outOfMemory
    /// The cancel token that the calling thread hears was set.
    case cancelled
  }

  public let kind: Kind
  /// One line that names the thing and what to do; no trailing newline.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  static func outOfMemory(bytes: Int) -> TokenizerError {
    TokenizerError(.outOfMemory, "the tokenizer could not allocate \(bytes) bytes")
  }

  public init(_ error: OutOfMemory) { self = .outOfMemory(bytes: error.bytes) }

  /// The same error about a named file.
  func prefixed(by name: String) -> TokenizerError {
    TokenizerError(kind, "\(name): \(message)")
  }
}

extension TokenizerError: JSONFailure {
  public static func json(_ fault: JSONFault, _ message: String) -> TokenizerError {
    switch fault {
    case .invalid: TokenizerError(.invalidVocabulary, message)
    case .limit: TokenizerError(.limit, message)
    case .outOfMemory: TokenizerError(.outOfMemory, message)
    }
  }
}
