import Glibc
import Text
import Weights

/// A path as the system takes it: bytes that need not be UTF-8.
public struct FilePath: Sendable {
  /// Without the NUL at the end.
  let bytes: [UInt8]

  public init(_ cPath: UnsafePointer<CChar>) {
    bytes = Array(UnsafeRawBufferPointer(start: cPath, count: strlen(cPath)))
  }

  private init(bytes: [UInt8]) { self.bytes = bytes }

  /// "models/" of "models/vit.pt"; empty where there is no slash.
  var folder: FilePath { FilePath(bytes: Array(bytes[...(bytes.lastIndex(of: FilePath.slash) ?? -1)])) }

  var lastPart: ArraySlice<UInt8> { bytes[((bytes.lastIndex(of: FilePath.slash) ?? -1) + 1)...] }

  /// A file in this folder.
  public func file(_ name: some Sequence<UInt8>) -> FilePath {
    let separator = bytes.isEmpty || bytes.last == FilePath.slash ? [] : [FilePath.slash]
    return FilePath(bytes: bytes + separator + Array(name))
  }

  public func file(_ name: String) -> FilePath { file(name.utf8) }

  var isDirectory: Bool {
    withCString {
      var status = stat()
      return stat($0, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
  }

  /// Whether there is something of this name, readable or not.
  var exists: Bool { withCString { access($0, F_OK) == 0 } }

  /// For messages.
  public var shown: String { shownPath(bytes) }

  public func withCString<R, E: Error>(_ body: (UnsafePointer<CChar>) throws(E) -> R) throws(E) -> R {
    let terminated = bytes.map { CChar(bitPattern: $0) } + [0]
    return try terminated.withUnsafeBufferPointer { (buffer) throws(E) in
      guard let start = buffer.baseAddress else { preconditionFailure("an array with a NUL is not empty") }
      return try body(start)
    }
  }

  private static let slash = UInt8(ascii: "/")
}
