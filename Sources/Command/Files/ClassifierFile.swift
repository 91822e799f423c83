import Glibc

/// Files of classifiers that `adapt` wrote, told from others before anything is loaded.
enum ClassifierFile {
  /// The largest header that is searched, in bytes, as large as the library allows.
  private static let largestHeader = 100 << 20

  /// Refuses to replace a file that is neither empty nor a classifier, such as a video given by mistake.
  static func requireReplaceable(_ path: FilePath) throws(CommandError) {
    var status = stat()
    guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0
    else { return }
    guard try isClassifier(path) else {
      throw CommandError(
        "\(path.shown): is no classifier, so it is not replaced: give --out another path")
    }
  }

  /// Whether a file's safetensors header has a classifier's entry.
  static func isClassifier(_ path: FilePath) throws(CommandError) -> Bool {
    let prefix = try Files.read(path, first: 8)
    guard prefix.count == 8 else { return false }
    let size = prefix.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard size <= largestHeader else { return false }
    let header = try Files.read(path, first: 8 + Int(size)).dropFirst(8)
    return header.first == UInt8(ascii: "{") && header.contains(Array("\"actionclip.classifier\"".utf8))
  }
}
