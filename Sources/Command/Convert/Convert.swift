import ArgumentParser
import CActionCLIP
import Glibc

struct Convert: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "convert",
    abstract: "Write a model as one file that needs nothing beside it.",
    discussion: """
      The weights, the options in use and the merge list go into one safetensors file (docs/FORMAT.md), and with \
      them where they came from: the file's name, its SHA-256, the options, this program's version. With bf16 and \
      int8 the model computes in that precision from then on, unless another is asked for. Weights are read tensor by \
      tensor, so that making a file takes little more memory than one tensor in fp32, or for bf16 and int8 the \
      model in that precision.
      """)

  @Argument(help: ArgumentHelp("The model's file or folder.", valueName: "model"))
  var path: FilePath

  @Argument(help: ArgumentHelp("The file to write; a model of that name is replaced.", valueName: "target"))
  var target: FilePath

  @Option(help: "How matrices are stored.")
  var storage = Storage.fp32

  @Flag(
    help: """
      Load the new file, encode made-up frames and texts with both, and compare, before the file gets its name.
      """)
  var verify = false

  @OptionGroup(title: "Labels to write (default: as the model says)")
  var labels: LabelOptions

  @Option(help: ArgumentHelp("A file of templates, one on each line.", valueName: "path"))
  var templates: FilePath?

  @Option(
    help: ArgumentHelp(
      "The time from frame to frame of the videos that the model was trained with, or none (default: as the model says).",
      valueName: "seconds"))
  var frameInterval: FrameInterval?

  @Option(help: ArgumentHelp("A note for people.", valueName: "text"), transform: Arguments.text)
  var description: String?

  @Option(help: ArgumentHelp("The license of the weights.", valueName: "text"), transform: Arguments.text)
  var license: String?

  @Option(help: ArgumentHelp("Where the weights are from.", valueName: "text"), transform: Arguments.text)
  var source: String?

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func run() throws {
    try Files.requireWritable(target)
    try WrittenFile.model.requireReplaceable(target, option: "as target")
    let target = Files.resolved(target)
    if verify { try Files.requireRegular(target) }
    let (model, sha256) = try read()
    let contents = ModelContents(
      storage: storage, labels: try labels.given(), templates: try templates.map(LabelList.read) ?? [],
      frameInterval: frameInterval?.code ?? 0,
      notes: [("description", description), ("license", license), ("source", source)].compactMap {
        key, text in
        text.map { (key, $0) }
      } + provenance(model, sha256))
    guard verify else { return try model.save(to: target, contents) }
    let unverified = FilePath(bytes: target.bytes + Array(".unverified-\(getpid())".utf8))
    guard access(unverified.cString, F_OK) != 0 else {
      throw CommandError("\(unverified.shown): is there already; it would be written until it is verified")
    }
    defer { unlink(unverified.cString) }
    try model.save(to: unverified, contents)
    let said = try Verification(of: unverified, against: path, options, storage: storage).run()
    guard rename(unverified.cString, target.cString) == 0 else { throw CommandError.system(target.shown) }
    try Output().line(said)
  }

  /// The model and the SHA-256 of its files, which are hashed by themselves, so that they need not be in memory for it.
  private func read() throws -> (Model, sha256: String) {
    let before = SourceState(path)
    let sha256 = try options.sha256?.lowercased() ?? Library.sha256(path)
    var options = options
    var isForSaving = false
    if try options.plan(path, measuring: false).info.compute_type == Compute.fp32.code {
      // Rounded while they are read, the numbers are those that a model in fp32 is rounded to when it is written.
      if options.compute == nil { options.compute = storage.compute }
      isForSaving = storage.compute == nil
    }
    let model = try options.load(path, forSaving: isForSaving)
    guard before.isKept(in: SourceState(path)) else {
      throw CommandError("\(path.shown): was changed while it was read")
    }
    return (model, sha256)
  }

  /// Notes for the new file about its origin: name, SHA-256, family, options and version.
  private func provenance(_ model: Model, _ sha256: String) -> [(key: String, text: String)] {
    var name = path.bytes[...]
    while name.count > 1, name.last == UInt8(ascii: "/") { name.removeLast() }
    let last = name[((name.lastIndex(of: UInt8(ascii: "/")) ?? name.startIndex - 1) + 1)...]
    return [
      ("converted_from", printable(String(decoding: last, as: UTF8.self))),
      ("converted_sha256", sha256),
      ("converted_family", model.family),
      ("converted_options", (["storage=\(storage.rawValue)"] + options.given).joined(separator: " ")),
      ("converted_by", "libactionclip \(String(cString: actionclip_version()))"),
    ]
  }
}
