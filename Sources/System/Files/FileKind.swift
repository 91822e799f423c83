import Glibc

/// A kind of file system entry other than a regular file.
public enum FileKind: Sendable, CustomStringConvertible {
  case directory, fifo, socket, device, other

  /// Takes the kind from the result of `stat`; nil for a regular file.
  public init?(_ status: stat) {
    switch status.st_mode & S_IFMT {
    case S_IFREG: return nil
    case S_IFDIR: self = .directory
    case S_IFIFO: self = .fifo
    case S_IFSOCK: self = .socket
    case S_IFCHR, S_IFBLK: self = .device
    default: self = .other
    }
  }

  /// The kind with its article, as messages show it: "a directory".
  public var description: String {
    switch self {
    case .directory: "a directory"
    case .fifo: "a FIFO"
    case .socket: "a socket"
    case .device: "a device"
    case .other: "a special file"
    }
  }
}
