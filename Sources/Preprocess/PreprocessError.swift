/// Why an image could not be prepared, or frames could not be chosen.
public struct PreprocessError: Error, Equatable, Sendable {
  public enum Kind: Sendable {
    /// A number, size or buffer given by the caller is out of its range.
    case invalidArgument
    /// The request is sound but beyond what this library takes on.
    case limit
    /// The system gave no memory for the working buffers.
    case outOfMemory
  }

  public let kind: Kind
  /// One line that names the thing, what it is and what it must be.
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  static func invalid(_ message: String) -> PreprocessError {
    PreprocessError(.invalidArgument, message)
  }
}
