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
    /// The cancel token that the calling thread uses is set.
    case cancelled

    // MARK: files

    /// A file is missing, unreadable, or not a regular file.
    case fileOpen
    /// Reading a file failed half-way, or the file changed while it was read.
    case fileRead
    /// A new file could not be written or renamed to its final path.
    case fileWrite
    /// A file's SHA-256 differs from the expected one.
    case hashMismatch

    // MARK: formats

    /// The first bytes of a file belong to no known format.
    case unknownFormat
    /// A file is damaged, truncated or contradicts itself.
    case invalid
    /// A file is valid, but this version cannot read it.
    case unsupported
    /// A file or text exceeds a limit on size, count or depth.
    case limit

    // MARK: the model and its options

    /// The checkpoint lacks a tensor that the model needs.
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
    /// The number of merges does not match the size of the vocabulary.
    case vocabularyMismatch

    // MARK: learning from examples

    /// A classifier has too few examples or labels to be fitted.
    case notEnoughExamples

    // MARK: resources

    /// The system refused memory.
    case outOfMemory
    /// A system library that is loaded on first use, such as FFmpeg, is not installed.
    case unavailable
    /// Decoding a video took longer than its time limit.
    case timeLimit

    // MARK: videos

    /// A file is not a video that FFmpeg can read, or holds no video stream.
    case invalidVideo
    /// No frame of a video could be decoded.
    case videoDecode

    /// A defect of this library.
    case `internal`
  }

  public let kind: Kind
  /// A message of one line, without a newline at its end, that names the thing, what was expected and what was found.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The same failure with `name` before its message: the file, part or argument that it is about.
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

  /// A failure to allocate `bytes` bytes; Int.max stands for a number that does not fit an Int.
  public static func outOfMemory(bytes: Int) -> Failure {
    outOfMemory(bytes == Int.max ? "more bytes than can be counted" : "\(bytes) bytes")
  }
}
