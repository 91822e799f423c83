import Glibc

/// A path as the system takes it: bytes that need not be UTF-8.
public struct FilePath: Sendable {
  /// The path without the NUL that C puts at its end.
  public let bytes: [UInt8]

  public init(bytes: [UInt8]) { self.bytes = bytes }

  /// Copies a path that ends with a NUL.
  public init(_ cPath: UnsafePointer<CChar>) {
    bytes = Array(UnsafeRawBufferPointer(start: cPath, count: strlen(cPath)))
  }

  /// "models/" of "models/vit.pt"; empty where there is no slash.
  public var folder: FilePath { FilePath(bytes: Array(bytes[..<startOfLastPart])) }

  /// "vit.pt" of "models/vit.pt".
  public var lastPart: ArraySlice<UInt8> { bytes[startOfLastPart...] }

  private var startOfLastPart: Int { (bytes.lastIndex(of: FilePath.slash) ?? -1) + 1 }

  /// A file in this folder.
  public func file(_ name: some Sequence<UInt8>) -> FilePath {
    let separator = bytes.isEmpty || bytes.last == FilePath.slash ? [] : [FilePath.slash]
    return FilePath(bytes: bytes + separator + Array(name))
  }

  public func file(_ name: String) -> FilePath { file(name.utf8) }

  public var isDirectory: Bool {
    withCString {
      var status = stat()
      return stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Whether there is something of this name, readable or not.
  public var exists: Bool { withCString { access($0, F_OK) == 0 } }

  /// Calls `body` with the path as C takes it, for the length of the call.
  public func withCString<R, E: Error>(_ body: (UnsafePointer<CChar>) throws(E) -> R) throws(E) -> R {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { (buffer) throws(E) in
      guard let start = buffer.baseAddress else { preconditionFailure("an array with a NUL is not empty") }
      return try body(start)
    }
  }

  private static let slash = UInt8(ascii: "/")
}
