import ArgumentParser
import CActionCLIP

struct Info: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "info",
    abstract:
      "Say what a model holds and how it is loaded; of a file that cannot be, what it is and why not.",
    discussion: """
      Besides the model's sizes, options and notes it shows the precision, the threads and the instruction sets that \
      this machine computes with (one for products, which depends on the precision, and one for LayerNorm, softmax and \
      conversions), the memory that is taken, and the version of FFmpeg that decodes videos. A classifier that \
      actionclip adapt wrote is described too, by itself.
      """
  )

  @Argument(
    help: ArgumentHelp("The model's file or folder (default: the default model).", valueName: "model"))
  var path: FilePath?

  @Flag(help: "One JSON object.")
  var json = false

  @Flag(help: "The SHA-256 too: of the file of weights, or of an index and its shards.")
  var hash = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func run() throws {
    let model: Model
    do { model = try options.load(path, hash: hash) } catch {
      // Beside the error comes a description of the file, except of one with another hash than the expected one.
      guard let path, error.status != ACTIONCLIP_ERROR_HASH_MISMATCH, let text = describe(path) else {
        throw error
      }
      let isClassifier =
        error.status == ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED
        && (try? WrittenFile.classifier.isKind(of: path)) == true
      try Output().line(json ? unloaded(path, text, isClassifier ? nil : error).text : text)
      if isClassifier { return }
      throw error
    }
    try Output().line(json ? object(model).text : table(model))
  }

  /// The library's description of the file, aligned as the table of a model.
  private func describe(_ path: FilePath) -> String? {
    guard let text = try? Library.describe(path) else { return nil }
    let rows = text.split(separator: "\n").map { line in
      let parts = line.split(separator: ":", maxSplits: 1).map(String.init)
      return json || parts.count < 2 ? String(line) : "\(Columns.fit(parts[0], 14)) \(parts[1])"
    }
    return rows.joined(separator: "\n")
  }

  private func unloaded(_ path: FilePath, _ text: String, _ error: (any Error)?) -> JSONValue {
    [
      "path": .string(path.shown), "error": error.map { .string(explanation(of: $0)) } ?? .null,
      "found": .array(text.split(separator: "\n").map { .string(String($0)) }),
    ]
  }
}
