import ArgumentParser
import Glibc
import Text

/// The process's arguments. A file may be called anything, and Swift repairs what is not UTF-8: the
/// file could then not be found. So such bytes travel through the parser as characters of a private
/// plane, one for each; where text uses these itself, its bytes do too, and nothing is mistaken.
enum Arguments {
  private static let stand: UInt32 = 0x100000
  private static let range = (stand + 0x80)...(stand + 0xFF)

  /// Without the command's own name.
  static func all() -> [String] {
    (1..<max(1, Int(CommandLine.argc))).compactMap { index in
      CommandLine.unsafeArgv[index].map { escaped(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
    }
  }

  private static func escaped(_ bytes: UnsafeRawBufferPointer) -> String {
    var result = String.UnicodeScalarView()
    var rest = bytes[...]
    while let byte = rest.first {
      if let scalar = scalar(rest), !standsForByte(scalar) {
        result.append(scalar)
        rest = rest.dropFirst(UTF8.width(scalar))
      } else {
        if let standing = Unicode.Scalar(stand + UInt32(byte)) { result.append(standing) }
        rest = rest.dropFirst()
      }
    }
    return String(result)
  }

  private static func scalar(_ bytes: Slice<UnsafeRawBufferPointer>) -> Unicode.Scalar? {
    let texts = (1...4).lazy.compactMap { String(validating: bytes.prefix($0), as: UTF8.self) }
    return texts.first?.unicodeScalars.first
  }

  /// What the user gave, byte for byte.
  static func bytes(_ argument: String) -> [UInt8] {
    argument.unicodeScalars.flatMap { scalar in
      standsForByte(scalar) ? [UInt8(truncatingIfNeeded: scalar.value)] : Array(String(scalar).utf8)
    }
  }

  static func standsForByte(_ scalar: Unicode.Scalar) -> Bool { range.contains(scalar.value) }

  /// For an argument that is text and not a file's name.
  static func text(_ argument: String) throws -> String {
    guard let text = String(validating: bytes(argument), as: UTF8.self) else {
      throw ValidationError("it is not UTF-8")
    }
    return text
  }
}

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
