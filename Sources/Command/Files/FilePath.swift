import ArgumentParser
import Glibc
import Text

/// A file's name as the system has it, and as it is shown.
struct FilePath: ExpressibleByArgument {
  let bytes: [UInt8]
  /// An address that was given in place of a file is shown without its user, password and query.
  var shown: String { isAddress(bytes) ? shownPath(bytes) : String(decoding: bytes, as: UTF8.self) }

  init(bytes: [UInt8]) { self.bytes = bytes }
  init(argument: String) { bytes = Arguments.bytes(argument) }

  /// A file in this folder.
  func file(_ name: String) -> FilePath { FilePath(bytes: bytes + [UInt8(ascii: "/")] + name.utf8) }

  /// The folder that holds it; a name alone is in ".".
  var folder: FilePath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
      return FilePath(bytes: [UInt8(ascii: ".")])
    }
    return FilePath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
  }

  /// A path that begins in a folder, unless it begins at the root.
  func inside(_ folder: FilePath) -> FilePath {
    if bytes.first == UInt8(ascii: "/") || folder.bytes == [UInt8(ascii: ".")] { return self }
    let slash: [UInt8] = folder.bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return FilePath(bytes: folder.bytes + slash + bytes)
  }

  var isFolder: Bool {
    var status = stat()
    return stat(cString, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  var exists: Bool { access(cString, F_OK) == 0 }

  var cString: [CChar] { (bytes + [0]).map { CChar(bitPattern: $0) } }
}
