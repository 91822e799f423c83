import ArgumentParser
import Glibc

/// A path as the operating system's bytes, with a text for messages.
struct FilePath: ExpressibleByArgument {
  let bytes: [UInt8]
  /// The path as text. An address ("https://…") in place of a file is shown as the library's messages show it: without
  /// user, password and query, which may hold a secret.
  var shown: String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard text.contains("://"), text.prefixMatch(of: /[A-Za-z][A-Za-z0-9+.\-]+:/) != nil else { return text }
    return text.replacing(/:\/\/[^?#]*@/, with: "://***@").replacing(/([?#])[\s\S]*/) { "\($0.1)***" }
  }

  init(bytes: [UInt8]) { self.bytes = bytes }
  init(argument: String) { bytes = Arguments.bytes(argument) }

  /// Shells complete such an argument with the names of files.
  static var defaultCompletionKind: CompletionKind { .file() }

  /// The path of a file in this folder.
  func file(_ name: String) -> FilePath { FilePath(bytes: bytes + [UInt8(ascii: "/")] + name.utf8) }

  /// The folder that holds the file; "." for a name alone.
  var folder: FilePath {
    guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")) else {
      return FilePath(bytes: [UInt8(ascii: ".")])
    }
    return FilePath(bytes: slash == 0 ? [UInt8(ascii: "/")] : Array(bytes[..<slash]))
  }

  /// Whether the path ends without a name of its own, as "clips/", "." and "..".
  var isNameless: Bool { ["", ".", ".."].contains(name) }

  /// The path relative to `folder`, unless it is absolute.
  func inside(_ folder: FilePath) -> FilePath {
    if bytes.first == UInt8(ascii: "/") || folder.bytes == [UInt8(ascii: ".")] { return self }
    let slash: [UInt8] = folder.bytes.last == UInt8(ascii: "/") ? [] : [UInt8(ascii: "/")]
    return FilePath(bytes: folder.bytes + slash + bytes)
  }

  /// The path without parts that change nothing, as "a//b" and "./a/./b" for "a/b".
  var plain: FilePath {
    let slash = UInt8(ascii: "/")
    let parts = bytes.split(separator: slash).filter { $0 != [UInt8(ascii: ".")] }
    return FilePath(bytes: (bytes.first == slash ? [slash] : []) + parts.joined(separator: [slash]))
  }

  /// The last part, as text.
  var name: String {
    String(decoding: bytes[(bytes.lastIndex(of: UInt8(ascii: "/")).map { $0 + 1 } ?? 0)...], as: UTF8.self)
  }

  /// The name without its last suffix: "film" of "film.mp4", ".film" of ".film".
  var stem: String {
    guard let dot = name.lastIndex(of: "."), dot > name.startIndex else { return name }
    return String(name[..<dot])
  }

  /// The last suffix in lower case: "mp4" of "film.MP4", "" of ".film".
  var suffix: String { String(name.dropFirst(stem.count + 1)).lowercased() }

  /// The path as seen from `folder`, as "../clips/film.mp4". Symbolic links are followed in both.
  func relative(to folder: FilePath) -> FilePath {
    let slash = UInt8(ascii: "/")
    let own = Files.resolved(self).bytes.split(separator: slash)
    let other = Files.resolved(folder).bytes.split(separator: slash)
    let shared = zip(own, other).prefix { $0 == $1 }.count
    let up = [ArraySlice<UInt8>](repeating: Array("..".utf8)[...], count: other.count - shared)
    return FilePath(bytes: Array((up + own[shared...]).joined(separator: [slash])))
  }

  /// The address of an absolute path for a link, "file:///…".
  var address: String { "file://" + link }

  /// The path as it stands in a link, with all but plain characters as %XX.
  var link: String {
    let plain = Set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~/".utf8)
    return bytes.map { plain.contains($0) ? String(Unicode.Scalar($0)) : hexadecimal($0) }.joined()
  }

  private func hexadecimal(_ byte: UInt8) -> String {
    "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
  }

  var isFolder: Bool {
    var status = stat()
    return stat(cString, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
  }

  /// Whether the path stands for standard input.
  var isStandardInput: Bool { bytes == [UInt8(ascii: "-")] }

  /// Refuses standard input in place of a video's file.
  static func refuseStandardInput(_ videos: [FilePath]) throws {
    guard videos.contains(where: \.isStandardInput) else { return }
    throw ValidationError(
      "- is no video's file: give a file's name; what comes by standard input is for actionclip watch -.")
  }

  var exists: Bool { access(cString, F_OK) == 0 }

  var cString: [CChar] { (bytes + [0]).map { CChar(bitPattern: $0) } }
}
