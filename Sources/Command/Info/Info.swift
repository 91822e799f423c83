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
      conversions), the memory that is taken, and the version of FFmpeg that decodes videos. First, before anything is \
      loaded, it tells the memory and the time that each precision would take, by the headers of the model's files; the \
      time is an estimate by a short measurement of this machine, for encoding alone. A classifier that \
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

  @Flag(
    name: .customLong("no-load"),
    help:
      "Load nothing: the model's sizes, and the memory and time of each precision, by the headers of its files."
  )
  var staysUnloaded = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    guard !hash || !staysUnloaded else {
      throw ValidationError("--hash reads the model: leave --no-load out")
    }
  }

  func run() throws {
    let plan: Plan
    let model: Model?
    do {
      plan = try Plan(path, options)
      // Before the model is loaded, which may take more memory than there is.
      if !json { try Output().line(table(plan)) }
      model = staysUnloaded ? nil : try options.load(path, hash: hash)
    } catch let error as LibraryError {
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
    if let model {
      try Output().line(json ? object(model, plan).text : table(model))
    } else if json {
      try Output().line(object(plan).text)
    }
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
