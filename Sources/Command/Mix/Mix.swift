import ArgumentParser
import CActionCLIP

struct Mix: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mix",
    abstract: "Mix the weights of two models of one shape.",
    discussion: """
      The weights are (1 - alpha) FIRST + alpha SECOND (WiSE-FT). The labels are the first model's, then those that only \
      the second has; prompts and notes are the first model's. A model and what was fine-tuned from it can be mixed so, \
      to forget less of the first or to learn more of the second. Models with other parameters, or another temporal head, \
      cannot.
      With --eval mixtures are measured on a list of clips, as eval does it. With --out the mixture is written, in fp32; files \
      that hold rounded weights are mixed as they are.
      """)

  @Argument(
    help: ArgumentHelp("The first model's file or folder, or its name in Hugging Face.", valueName: "first"))
  var first: FilePath

  @Argument(help: ArgumentHelp("The second model.", valueName: "second"))
  var second: FilePath

  @Option(
    help: ArgumentHelp(
      "The share of the second model's weights, or with --eval several as from:to:step, such as 0:1:0.1.",
      valueName: "0 to 1"), transform: AlphaRange.init(argument:))
  var alpha: AlphaRange

  @Option(help: ArgumentHelp("Write the mixture.", valueName: "path"))
  var out: FilePath?

  @Option(
    name: .customLong("eval"),
    help: ArgumentHelp("Measure the mixtures on clips with known labels.", valueName: "list"))
  var list: FilePath?

  @Option(
    help: ArgumentHelp(
      "A file of the labels of --eval (default: the list's, if its form names them, else the mixture's).",
      valueName: "path"))
  var labels: FilePath?

  @Flag(help: "Rows have any number of labels.")
  var multiLabel = false

  @OptionGroup(title: "Measuring, with --eval")
  var reading: ListOptions

  @OptionGroup(title: "Measuring, with --eval")
  var pictures: PictureOptions

  @OptionGroup(title: "Measuring, with --eval")
  var folders: FolderOptions

  @Flag(help: "Write the report as one JSON object.")
  var json = false

  @OptionGroup(title: "Model options, of both models")
  var options: ModelOptions

  func validate() throws {
    guard out != nil || list != nil else {
      throw ValidationError("Give --out FILE to write the mixture, or --eval LIST to measure it.")
    }
    if list == nil, labels != nil { throw ValidationError("--labels needs --eval LIST.") }
    if out != nil, let compute = options.compute, compute != .fp32 {
      throw ValidationError(
        "--out writes a mixture in fp32: leave --compute \(compute.rawValue) out, and give it to what uses the mixture."
      )
    }
    if out != nil, alpha.values.count > 1 {
      throw ValidationError(
        "--out takes one alpha: measure several with --eval LIST, then write with the one that you choose.")
    }
  }

  func run() throws {
    if let out {
      try Files.requireWritable(out)
      try Files.requireRegular(out)
    }
    try Files.requireOwnPlaces([out], beside: [list, labels])
    try out.map { try WrittenFile.model.requireReplaceable($0) }
    let source = try list.map { try ListSource($0) }
    var options = options
    if out != nil { options.compute = .fp32 }  // what was rounded cannot be written in fp32
    let (one, other) = (try options.load(first, hash: true), try options.load(second, hash: true))
    let mixed = try mixture(of: one, other, alpha.values[0])  // before clips are read, since it may fail
    let added = other.labels.filter(Set(other.labels).subtracting(one.labels).contains)
    let report = try source.map { try measured(one, other, $0, among: one.labels + added) }
    if let out {
      let contents = ModelContents(labels: one.labels + added, notes: notes(one, other))
      try mixed.save(to: Files.resolved(out), contents)
    }
    let printed =
      json ? object(report).text : text(report, added: added, on: Terminal.standardOutput())
    try Output().line(printed)
  }

  private func mixture(of one: Model, _ other: Model, _ share: Double) throws -> Model {
    do { return try one.mixed(with: other, share: share) } catch {
      guard error.status == ACTIONCLIP_ERROR_OPTION_CONFLICT else { throw error }
      throw CommandError("\(first.shown) and \(second.shown): \(error.message)")
    }
  }

  /// Accuracies on the list at each share.
  /// - Parameter names: the mixture's labels.
  private func measured(
    _ one: Model, _ other: Model, _ source: ListSource, among names: [String]
  ) throws -> [TuneReport.Mixture] {
    let classes =
      try labels.map { try ClassList($0) } ?? (source.namesClasses ? nil : ClassList(ofModel: names))
    let videos = try reading.videos(source, classes: classes, multiLabel: multiLabel)
    var failures: [EvalReport.Failure] = []
    let clips = try MeasuredClips(
      "the list", videos.rows, of: videos, for: one, frames: one.frames, pictures,
      folders.opening(pictures.decode, threads: options.threads), failures: &failures)
    guard !clips.rows.isEmpty else {
      throw CommandError("\(source.path.shown): none of its clips could be read")
    }
    let measure = TuningMeasure(heldOut: clips, oldWords: nil, templates: [], textsStay: false)
    var progress = Progress(total: alpha.values.count, of: "mixtures measured", onlyOnTerminal: true)
    defer { Progress.clear() }
    return try alpha.values.map { share in
      let accuracy = try measure.scores(by: mixture(of: one, other, share)).accuracy
      progress.step()
      return TuneReport.Mixture(alpha: share, heldOut: accuracy.heldOut, oldWords: nil)
    }
  }

  private func notes(_ one: Model, _ other: Model) -> [(key: String, text: String)] {
    [
      ("mixed_from", "\(printable(first.name)) and \(printable(second.name))"),
      ("mixed_sha256", [one.sha256, other.sha256].map { $0 ?? "-" }.joined(separator: " ")),
      ("mixed_alpha", alpha.description), ("mixed_by", "libactionclip \(Version.library)"),
    ]
  }

  /// - Parameter added: the labels that only the second model has.
  private func text(_ report: [TuneReport.Mixture]?, added: [String], on terminal: Terminal) -> String {
    var lines: [String] = []
    if let report, let list {
      lines.append(
        terminal.bold(
          printable("\(first.shown) (alpha 0) and \(second.shown) (alpha 1) on \(list.shown)")))
      lines += MixtureTable.lines(report, clips: "", written: out.map { _ in alpha.values[0] })
    }
    if let out {
      lines.append("written: \(printable(out.shown)), alpha \(alpha)")
      if !added.isEmpty {
        lines.append("with labels of the second model: \(printable(added.joined(separator: ", ")))")
      }
    } else {
      lines.append("nothing written: give --out FILE and one --alpha to keep a mixture")
    }
    return lines.joined(separator: "\n")
  }

  private func object(_ report: [TuneReport.Mixture]?) -> JSONValue {
    [
      "first": .string(first.shown), "second": .string(second.shown),
      "list": list.map { .string($0.shown) } ?? .null,
      "mixtures": .array(
        (report ?? []).map { row in
          [
            "alpha": .double(row.alpha), "top1": row.heldOut?.top1.json ?? .null,
            "top5": row.heldOut?.top5.json ?? .null,
          ]
        }), "written": out.map { .string($0.shown) } ?? .null,
    ]
  }
}
