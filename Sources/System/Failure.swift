/// Why something was refused or did not succeed: the one error type of every room, from a parser to the C status.
public struct Failure: Error, Equatable, Sendable {
  /// The kind of failure, for programs; the C interface has one status for each, or for several alike.
  public enum Kind: Sendable {
    // MARK: the caller's arguments

    /// A number, size, pointer or text given by the caller is out of its range.
    case invalidArgument
    /// An output buffer given by the caller is too small.
    case bufferTooSmall
    /// A handle is not a live one of the wanted kind.
    case invalidHandle
    /// A text is not UTF-8.
    case invalidUTF8
    /// A text has more tokens than the context holds.
    case textTooLong
    /// Numbers hold NaN or infinity, or overflow fp32.
    case notFinite
    /// A handle was made before fork(), in the parent process.
    case forked
    /// The cancel token that the calling thread hears was set.
    case cancelled

    // MARK: files

    /// A file is missing, unreadable, or not a regular file.
    case fileOpen
    /// Reading failed half-way, or the file changed meanwhile.
    case fileRead
    /// A new file could not be written or put in its place.
    case fileWrite
    /// A file is another than the one whose SHA-256 was given.
    case hashMismatch

    // MARK: formats

    /// No format known here begins like this.
    case unknownFormat
    /// A file is damaged, truncated or contradicts itself.
    case invalid
    /// A file is sound, but not read by this version.
    case unsupported
    /// A file is beyond a limit on size, count or depth.
    case limit

    // MARK: the model and its options

    /// The checkpoint has no tensor of a name that the model needs.
    case missingTensor
    /// A tensor's shape or element type does not fit its use.
    case tensorShape
    /// An option contradicts the checkpoint.
    case optionConflict
    /// Text was given, and the model has no tokenizer.
    case noTokenizer
    /// A gzip container is damaged or truncated.
    case invalidCompression
    /// A line of a merge list is not a merge, or contradicts an earlier one.
    case invalidMerges
    /// The JSON of a vocabulary is broken, is not CLIP's, or contradicts its merges.
    case invalidVocabulary
    /// A merge list does not have the size that the vocabulary asks for.
    case vocabularyMismatch

    // MARK: resources

    /// The system refused memory.
    case outOfMemory
    /// A system library that is bound on first use is not installed.
    case unavailable
    /// The limit on the time that a video may take ran out.
    case timeLimit

    // MARK: videos

    /// A file is not a video that FFmpeg can read, or has none in it.
    case invalidVideo
    /// No frame could be decoded.
    case videoDecode

    /// A defect of this library.
    case `internal`
  }

  public let kind: Kind
  /// One line for people, without a newline at its end: it names the thing, what was expected and what was found.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// This failure with a name before its message: the file, part or argument that it happened to.
  public func about(_ name: String) -> Failure { Failure(kind, "\(name): \(message)") }
}

extension Failure {
  public static let cancelled = Failure(
    .cancelled, "cancelled: the cancel token that this thread uses is set; reset it to go on")

  public static func argument(_ message: String) -> Failure { Failure(.invalidArgument, message) }
  public static func invalid(_ message: String) -> Failure { Failure(.invalid, message) }
  public static func unsupported(_ message: String) -> Failure { Failure(.unsupported, message) }
  public static func limit(_ message: String) -> Failure { Failure(.limit, message) }

  public static func outOfMemory(_ purpose: String) -> Failure {
    Failure(.outOfMemory, "out of memory for \(purpose)")
  }

  /// The system refused `bytes` bytes; Int.max where the number does not fit an Int.
  public static func outOfMemory(bytes: Int) -> Failure {
    outOfMemory(bytes == Int.max ? "more bytes than can be counted" : "\(bytes) bytes")
  }
}
