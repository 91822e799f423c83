import Glibc

/// Kinds of safetensors files that commands write, told from others by their headers before anything is loaded.
enum WrittenFile: String {
  case classifier, model
  /// The state of training that `tune` keeps.
  case state

  /// The largest header that is searched, in bytes, as large as the library allows.
  private static let largestHeader = 100 << 20

  /// Texts of which a header of this kind has one or more.
  private var marks: [String] {
    switch self {
    case .classifier: ["\"actionclip.classifier\""]
    // A model that a command wrote; weights as OpenAI, the reference, OpenCLIP and Hugging Face name them.
    case .model: ["\"actionclip.format\"", "visual.conv1.weight\"", "vision_model.encoder."]
    case .state: ["\"actionclip.tuner\""]
    }
  }

  /// Refuses to replace a file that is neither empty nor of this kind, such as a video given by mistake.
  /// - Parameter option: the option or argument that names the path.
  func requireReplaceable(_ path: FilePath, option: String = "--out") throws(CommandError) {
    var status = stat()
    guard stat(path.cString, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size > 0
    else { return }
    guard try isKind(of: path) else {
      throw CommandError(
        "\(path.shown): is no \(rawValue), so it is not replaced: give \(option) another path")
    }
  }

  /// Whether a file's safetensors header has a mark of this kind.
  func isKind(of path: FilePath) throws(CommandError) -> Bool {
    let prefix = try Files.read(path, first: 8)
    guard prefix.count == 8 else { return false }
    let size = prefix.reversed().reduce(0 as UInt64) { $0 << 8 | UInt64($1) }
    guard size <= WrittenFile.largestHeader else { return false }
    let header = try Files.read(path, first: 8 + Int(size)).dropFirst(8)
    return header.first == UInt8(ascii: "{") && marks.contains { header.contains(Array($0.utf8)) }
  }
}
