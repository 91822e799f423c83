import CGuest
import CShims
import Glibc
import System
import Text

/// Finds the file of the model that is loaded if no path is given.
enum DefaultModel {
  private static let variable = "ACTIONCLIP_MODEL"
  private static let fileName = "actionclip-shapes.safetensors"

  /// The path of the default model's file: the one that the environment names, else the first that exists. A file that
  /// the environment names but does not exist is an error. A program with more rights than its user (setuid) ignores
  /// the environment.
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
    let paths = candidates()
    for path in paths where path.exists { return path }
    let looked = paths.map { "'\($0.shown)'" }.joined(separator: " or ")
    throw Failure(
      .fileOpen,
      "there is no default model: no file \(looked.isEmpty ? fileName : looked), and \(variable) is not set;"
        + " give a path, or set \(variable) to a model's file")
  }

  /// The paths to try: share/actionclip beside the library's folder, and one level up, for libraries in
  /// PREFIX/lib/x86_64-linux-gnu and the like.
  private static func candidates() -> [FilePath] {
    var library = [CChar](repeating: 0, count: Int(PATH_MAX))
    guard cshims_library_path(&library, library.count) == 1 else { return [] }
    var paths: [FilePath] = []
    var folder = FilePath(library).folder
    for _ in 0..<2 {
      folder = FilePath(bytes: Array(folder.bytes.dropLast())).folder
      if !folder.bytes.isEmpty { paths.append(folder.file("share/actionclip/\(fileName)")) }
    }
    return paths
  }
}
