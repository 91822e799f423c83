import Glibc
import Memory
import Text

/// Why a weight file was refused. `kind` is for programs, `message` is one line for people: it
/// names the tensor, entry or offset, what was expected and what was found.
public struct WeightsError: Error, Equatable, Sendable {
  public enum Kind: Sendable {
    /// Missing, unreadable, or not a regular file.
    case fileOpen
    /// Reading failed half-way, or the file changed meanwhile.
    case fileRead
    /// A new file could not be written or put in its place.
    case fileWrite
    /// Another file than the one whose SHA-256 was given.
    case hashMismatch
    /// No format known here begins like this.
    case unknownFormat
    /// Damaged, truncated or contradictory.
    case invalid
    /// Sound, but not read by this version.
    case unsupported
    /// Beyond a limit on size, count or depth.
    case limit
    case outOfMemory
    /// The file has no tensor of this name.
    case missingTensor
    /// A tensor's shape does not fit what it is for.
    case tensorShape
    /// What the caller says is not what the file says.
    case optionConflict
    /// The cancel token that the calling thread hears was set.
    case cancelled
  }

  public let kind: Kind
  public let message: String

  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }
}

extension WeightsError: JSONFailure {
  public static func json(_ fault: JSONFault, _ message: String) -> WeightsError {
    switch fault {
    case .invalid: invalid(message)
    case .limit: limit(message)
    case .outOfMemory: WeightsError(.outOfMemory, message)
    }
  }
}

extension WeightsError {
  public init(_ error: OutOfMemory) {
    self.init(.outOfMemory, "no memory for \(error.bytes) bytes of what a file holds")
  }

  public static func invalid(_ message: String) -> WeightsError { WeightsError(.invalid, message) }
  public static func unsupported(_ message: String) -> WeightsError { WeightsError(.unsupported, message) }
  public static func limit(_ message: String) -> WeightsError { WeightsError(.limit, message) }

  /// The same error, saying in which file or part it happened.
  public func within(_ name: String) -> WeightsError { WeightsError(kind, "\(name): \(message)") }

  /// The same for a path as the system takes it.
  func within(_ path: UnsafePointer<CChar>) -> WeightsError {
    within(shownPath(UnsafeRawBufferPointer(start: path, count: strlen(path))))
  }
}
