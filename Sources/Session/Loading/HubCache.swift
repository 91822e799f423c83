import CGuest
import Glibc
import System
import Text

/// Finds models in the cache of Hugging Face's tools by their names, such as "openai/clip-vit-base-patch16". Nothing is
/// downloaded or written.
enum HubCache {
  /// The folder of the model called `name`; `name` itself if there is such a file, or if it cannot be a model's name.
  static func path(_ name: FilePath) throws(Failure) -> FilePath {
    isName(name.bytes) && !name.exists ? try snapshot(of: name.bytes) : name
  }

  /// The folder of the model called `name`; nil where the cache does not have it.
  static func find(_ name: FilePath) throws(Failure) -> FilePath? {
    guard isName(name.bytes) else { return nil }
    do { return try snapshot(of: name.bytes) } catch {
      guard error.kind == .fileOpen else { throw error }
      return nil
    }
  }

  // MARK: - Names

  private static let slash = UInt8(ascii: "/")
  private static let maximumPart = 96
  /// Extensions of weight files. A name with one of them is a path, never a model of Hugging Face.
  private static let extensions = [
    "pt", "pth", "pyth", "bin", "ckpt", "tar", "safetensors", "json", "txt", "gz", "zip",
  ]

  /// Whether a path is an owner and a model as the Hub allows them: letters, digits, "-", "_" and ".".
  private static func isName(_ path: [UInt8]) -> Bool {
    let parts = path.split(separator: slash, omittingEmptySubsequences: false)
    guard parts.count == 2, parts.allSatisfy(isPart) else { return false }
    let name = String(decoding: parts[1], as: UTF8.self).lowercased()
    return !extensions.contains { name.hasSuffix("." + $0) }
  }

  private static func isPart(_ part: ArraySlice<UInt8>) -> Bool {
    guard let first = part.first, let last = part.last, part.count <= maximumPart else { return false }
    func isPlain(_ byte: UInt8) -> Bool {
      byte < 0x80 && (Unicode.Scalar(byte).properties.isAlphabetic || (0x30...0x39).contains(byte))
    }
    let marks = "-_.".utf8
    // "--" stands for the slash in the cache's names of folders, and ".." leads out of one.
    let pairs = zip(part, part.dropFirst())
    return (isPlain(first) || first == UInt8(ascii: "_")) && (isPlain(last) || last == UInt8(ascii: "_"))
      && part.allSatisfy { isPlain($0) || marks.contains($0) }
      && !pairs.contains { $0 == $1 && ($0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".")) }
  }

  // MARK: - Folders

  /// The folder of the revision that was last downloaded as "main".
  private static func snapshot(of name: [UInt8]) throws(Failure) -> FilePath {
    let shown = printable(name, limit: 2 * maximumPart + 1)
    let command = "hf download \(shown)"
    guard let cache = folder() else {
      throw Failure(
        .fileOpen,
        "there is no file '\(shown)', and the Hugging Face cache cannot be found: HF_HUB_CACHE, HF_HOME and HOME are"
          + " not set")
    }
    let parts = name.split(separator: slash).map { String(decoding: $0, as: UTF8.self) }
    let model = cache.file("models--\(parts.joined(separator: "--"))")
    guard let revision = revision(model.file("refs/main")) else {
      throw Failure(
        .fileOpen,
        "there is no file '\(shown)', and no such model in the Hugging Face cache \(quoted(cache.bytes, limit: 300));"
          + " if it is a model there, '\(command)' downloads it (pip install huggingface_hub)")
    }
    let found = model.file("snapshots").file(revision)
    guard found.exists else {
      throw Failure(
        .fileOpen,
        "the Hugging Face cache names a revision of '\(shown)' that it lacks: there is no"
          + " \(quoted(found.bytes, limit: 400)); '\(command)' downloads it again")
    }
    return found
  }

  /// The folder of Hugging Face's cache, by the environment variables that its tools use; nil if none is set, or in a
  /// program with more rights than its user (setuid).
  private static func folder() -> FilePath? {
    for (variable, below) in [
      ("HF_HUB_CACHE", ""), ("HUGGINGFACE_HUB_CACHE", ""), ("HF_HOME", "/hub"),
      ("XDG_CACHE_HOME", "/huggingface/hub"), ("HOME", "/.cache/huggingface/hub"),
    ] {
      guard let value = value(of: variable) else { continue }
      let home = value.starts(with: "~/".utf8) ? self.value(of: "HOME").map { $0 + value.dropFirst() } : value
      return home.map { FilePath(bytes: $0 + Array(below.utf8)) }
    }
    return nil
  }

  private static func value(of variable: String) -> [UInt8]? {
    guard let value = cguest_secure_getenv(variable), value.pointee != 0,
      strnlen(value, Int(PATH_MAX)) < Int(PATH_MAX)
    else { return nil }
    return Array(UnsafeRawBufferPointer(start: value, count: strlen(value)))
  }

  /// The commit in a file of refs; nil unless it is 40 hexadecimal digits, since anything else could lead out of the
  /// cache.
  private static func revision(_ path: FilePath) -> [UInt8]? {
    guard let file = try? RegularFile(path) else { return nil }
    var bytes = [UInt8](repeating: 0, count: min(file.size, 64))
    guard bytes.count >= 40, (try? bytes.withUnsafeMutableBytes { try file.read(at: 0, into: $0) }) != nil
    else {
      return nil
    }
    let revision = bytes.prefix(40)
    let isCommit = revision.allSatisfy { (0x30...0x39).contains($0) || (0x61...0x66).contains($0) }
    let isAll = bytes[40...].allSatisfy { $0 == 0x0A || $0 == 0x0D || $0 == 0x20 }
    return isCommit && isAll ? Array(revision) : nil
  }
}
