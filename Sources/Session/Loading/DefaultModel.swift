import CGuest
import CShims
import Families
import Glibc
import System

/// The model that is loaded without a path, and the places where it is looked for.
enum DefaultModel {
  private static let variable = "ACTIONCLIP_MODEL"
  private static let fileName = "actionclip-shapes.safetensors"

  /// The path of its file. A file that the environment names is taken or refused, never silently replaced by another.
  /// A program with more rights than who started it (setuid) hears no environment.
  static func path() throws(Failure) -> FilePath {
    if let named = cguest_secure_getenv(variable), named.pointee != 0 {
      guard access(named, F_OK) == 0 else {
        throw Failure(
          .fileOpen,
          "there is no file '\(String(cString: named))', which \(variable) names as the default model; correct or"
            + " unset it, or give a path")
      }
      return FilePath(named)
    }
    let places = places()
    for path in places where access(path, F_OK) == 0 { return FilePath(path) }
    let looked = places.map { "'\(shown($0))'" }.joined(separator: " or ")
    throw Failure(
      .fileOpen,
      "there is no default model: no file \(looked.isEmpty ? fileName : looked), and \(variable) is not set;"
        + " give a path, or set \(variable) to a model's file")
  }

  /// In share/actionclip beside the library's folder, and one level up for PREFIX/lib/x86_64-linux-gnu
  /// and the like.
  private static func places() -> [[CChar]] {
    var library = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard cshims_library_path(&library, library.count) == 1 else { return [] }
    let slashes = library.indices.filter { library[$0] == CChar(UInt8(ascii: "/")) }
    return slashes.dropLast().suffix(2).reversed().map {
      library[...$0] + "share/actionclip/\(fileName)".utf8.map { CChar($0) } + [0]
    }
  }

  private static func shown(_ path: [CChar]) -> String {
    String(decoding: path.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }
}
