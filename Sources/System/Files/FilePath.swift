import Glibc

/// A file system path: bytes that need not be UTF-8.
public struct FilePath: Sendable {
  /// The bytes of the path, without a terminating NUL.
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Copies a NUL-terminated path. Of one that is too long for the system it copies PATH_MAX bytes, which the system
  /// refuses as well: the caller's length does not decide how much memory is taken.
  public init(_ cPath: UnsafePointer<CChar>) {
    bytes = Array(UnsafeRawBufferPointer(start: cPath, count: strnlen(cPath, Int(PATH_MAX))))
  }

  /// The path up to and including its last slash ("models/" for "models/vit.pt"); empty if it has no slash.
  public var folder: FilePath { FilePath(bytes: Array(bytes[..<startOfLastPart])) }

  /// The path after its last slash ("vit.pt" for "models/vit.pt").
  public var lastPart: ArraySlice<UInt8> { bytes[startOfLastPart...] }

  private var startOfLastPart: Int { (bytes.lastIndex(of: FilePath.slash) ?? -1) + 1 }

  /// The path of the file `name` in the folder that this path names.
  public func file(_ name: some Sequence<UInt8>) -> FilePath {
    let separator = bytes.isEmpty || bytes.last == FilePath.slash ? [] : [FilePath.slash]
    return FilePath(bytes: bytes + separator + Array(name))
  }

  /// The path of the file `name` in the folder that this path names.
  public func file(_ name: String) -> FilePath { file(name.utf8) }

  /// Whether the path names a directory, links followed.
  public var isDirectory: Bool {
    withCString {
      var status = stat()
      return stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Whether the path names anything, readable or not.
  public var exists: Bool { withCString { access($0, F_OK) == 0 } }

  /// Calls `body` with the path as a NUL-terminated C string, which is valid during the call only.
  public func withCString<R, E: Error>(_ body: (UnsafePointer<CChar>) throws(E) -> R) throws(E) -> R {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { (buffer) throws(E) in
      guard let start = buffer.baseAddress else { preconditionFailure("an array with a NUL is not empty") }
      return try body(start)
    }
  }

  private static let slash = UInt8(ascii: "/")
}
