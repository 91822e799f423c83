import CGuest
import CShims
import Glibc
import System
import Text

/// The model that is loaded without a path, and the places where it is looked for.
enum DefaultModel {
  private static let variable = "ACTIONCLIP_MODEL"
  private static let fileName = "actionclip-shapes.safetensors"

  /// The path of its file. A file that the environment names is taken or refused, never silently replaced by another.
  /// A program with more rights than who started it (setuid) hears no environment.
  static func path() throws(Failure) -> FilePath {
    if let named = cguest_secure_getenv(variable), named.pointee != 0 {
      let path = FilePath(named)
      guard path.exists else {
        throw Failure(
          .fileOpen,
          "there is no file '\(path.shown)', which \(variable) names as the default model; correct or"
            + " unset it, or give a path")
      }
      return path
    }
    let places = places()
    for path in places where path.exists { return path }
    let looked = places.map { "'\($0.shown)'" }.joined(separator: " or ")
    throw Failure(
      .fileOpen,
      "there is no default model: no file \(looked.isEmpty ? fileName : looked), and \(variable) is not set;"
        + " give a path, or set \(variable) to a model's file")
  }

  /// In share/actionclip beside the library's folder, and one level up for PREFIX/lib/x86_64-linux-gnu
  /// and the like.
  private static func places() -> [FilePath] {
    var library = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard cshims_library_path(&library, library.count) == 1 else { return [] }
    var places: [FilePath] = []
    var folder = FilePath(library).folder
    for _ in 0..<2 {
      folder = FilePath(bytes: Array(folder.bytes.dropLast())).folder
      if !folder.bytes.isEmpty { places.append(folder.file("share/actionclip/\(fileName)")) }
    }
    return places
  }
}
