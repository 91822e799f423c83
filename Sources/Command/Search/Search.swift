import ArgumentParser
import CActionCLIP

struct Search: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "search",
    abstract: "Find moments in an archive that actionclip embed made.",
    discussion: """
      A query is words, in signs words that are added and taken away: search archive running + dog - beach. Each part counts \
      by its meaning alone: it is scaled to unit length, and so is their sum. --clip and --image add what a video or a \
      picture shows. Every row is compared, and windows of a video that touch and show the same are one moment. The score is \
      the cosine of the best window and the query.
      With --json, each moment is one line: path, start and end in seconds, score, peak_start and peak_end of the best \
      window. With --csv, a table of video, label (the query), start, end, score. With --ffmpeg, a command that cuts each \
      moment out. --html writes a page with a picture of each moment, which opens its video there.
      The model is the archive's own: the default model, or the one that --model names.
      """)

  @Argument(help: ArgumentHelp("The archive, a folder.", valueName: "archive"))
  var archive: FilePath

  @Argument(
    help: ArgumentHelp("Words, with + and - between parts of the query.", valueName: "words"),
    transform: Arguments.text)
  var words: [String] = []

  @Option(
    help: ArgumentHelp(
      "A video, or a part of one in seconds, whose like is looked for; repeat it for more.",
      valueName: "file@12-14"), transform: SearchTerm.clip)
  var clip: [SearchTerm] = []

  @Option(help: ArgumentHelp("A picture whose like is looked for; repeat it for more.", valueName: "file"))
  var image: [FilePath] = []

  @Option(
    name: [.customShort("n"), .customLong("top")],
    help: ArgumentHelp("How many moments to show.", valueName: "count"))
  var top = 20

  @Option(help: ArgumentHelp("Leave moments of lower scores out.", valueName: "number"))
  var minScore: Double?

  @Flag(help: "Each window by itself, not merged to moments.")
  var windows = false

  @Option(help: .model)
  var model: FilePath?

  @Option(
    help: ArgumentHelp(
      "A classifier that actionclip adapt wrote: words are its labels, and stand for what it learned.",
      valueName: "path"))
  var classifier: FilePath?

  @OptionGroup
  var prompts: PromptOptions

  @Option(
    help: ArgumentHelp(
      "The folder that relative paths of the archive begin in (default: this one, else the archive's).",
      valueName: "dir"))
  var root: FilePath?

  @Flag(help: "One JSON object per moment, each on its line.")
  var json = false

  @Flag(help: "A table for spreadsheets and label tools.")
  var csv = false

  @Flag(help: "A command of ffmpeg per moment, which cuts it out.")
  var ffmpeg = false

  @Option(help: ArgumentHelp("Write a page for a browser.", valueName: "path"))
  var html: FilePath?

  @OptionGroup
  var pictures: PictureOptions

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    if try terms.isEmpty { throw ValidationError("Give words, --clip or --image to search for.") }
    guard (1...1 << 20).contains(top) else { throw ValidationError("-n must be 1 to \(1 << 20).") }
    if minScore?.isNaN == true { throw ValidationError("--min-score must be a number.") }
    if [json, csv, ffmpeg].count(where: { $0 }) > 1 {
      throw ValidationError("Give one of --json, --csv and --ffmpeg.")
    }
    if classifier != nil, prompts.descriptions != nil || !prompts.template.isEmpty {
      throw ValidationError(
        "Give --classifier, --template or --descriptions: a classifier keeps the prompts that it was made with."
      )
    }
  }

  private var terms: [SearchTerm] {
    get throws {
      try SearchTerm.words(words) + clip
        + image.map { SearchTerm(meaning: .picture($0), weight: 1) }
    }
  }

  func run() throws {
    if let html {
      try Files.requireWritableText(html)
      try Files.requireOwnPlaces([html], beside: [classifier, prompts.descriptions])
      guard Files.resolved(html.folder).bytes != Files.resolved(archive).bytes else {
        throw CommandError("\(html.shown): is in the archive's folder: give another place")
      }
    }
    for picture in image where !picture.exists {
      throw CommandError("\(picture.shown): there is no such picture")
    }
    if classifier == nil { SearchTerm.warnings(words).forEach(Diagnostics.warning) }
    let index = try EmbeddingIndex(archive, threads: options.threads ?? 0)
    let manifest = try ArchiveManifest(
      Array(index.manifest.utf8), name: archive.file("manifest.json").shown)
    if index.info.unfinished != 0 {
      Diagnostics.warning(
        "\(archive.shown): is not finished, and some videos are not seen yet: actionclip embed goes on with it"
      )
    }
    let terms = try terms
    let directions = try directions(manifest)(terms)
    let moments = try index.moments(directions, count: top, minimum: minScore, merges: !windows)
    let places = VideoPlaces(archive, root: root, paths: moments.map(\.path))
    let report = SearchReport(
      query: query(terms), moments: moments.map { FoundMoment($0, places.file(of: $0.path)) })
    if ffmpeg, let missing = report.moments.first(where: { !$0.isHere }) {
      Diagnostics.warning(
        "\(missing.moment.path.shown): is not here: no command for it, nor for others like it")
    }
    let output = Output()
    let terminal = Terminal.standardOutput()
    for line in json ? report.json : csv ? report.csv : ffmpeg ? report.ffmpeg : report.text(on: terminal) {
      try output.line(line)
    }
    guard let html else { return }
    let page = SearchPage(
      report: report, folder: html.folder, setting: setting(manifest),
      opening: VideoOpening(threads: options.threads ?? 0, decode: .needed))
    try Files.replace(html, with: Array(page.text.utf8))
  }

  /// Loads the archive's model, with the options that the archive was made with.
  private func directions(_ manifest: ArchiveManifest) throws -> SearchDirections {
    var options = options
    options.adopt(manifest)
    let loaded: Model?
    do { loaded = try options.load(model, hash: true) } catch {
      // A file that contradicts the archive's options cannot be the archive's.
      guard error.status == ACTIONCLIP_ERROR_OPTION_CONFLICT, self.options.given.isEmpty else { throw error }
      loaded = nil
    }
    guard let loaded, loaded.sha256 == manifest.model else {
      let name = model.map { "\($0.shown) is another one" } ?? "the default model is another one"
      throw CommandError(
        "\(archive.shown): its model is '\(printable(manifest.modelName))' (SHA-256 \(manifest.model.prefix(12))…), and \(name): "
          + "give the archive's by --model, or make an archive with this one")
    }
    if let (option, given, kept) = options.difference(from: manifest, loaded) {
      throw CommandError(
        "\(archive.shown): its rows are of \(option) \(kept), not \(given): leave --\(option) out")
    }
    return SearchDirections(
      model: loaded, prompts: prompts, classifier: classifier,
      opening: VideoOpening(threads: options.threads ?? 0, decode: pictures.decode),
      resize: pictures.resize ?? Resize(rawValue: manifest.options.resize))
  }

  private func query(_ terms: [SearchTerm]) -> String {
    terms.enumerated().map { place, term in
      (term.weight < 0 ? "- " : place > 0 ? "+ " : "") + term.shown
    }.joined(separator: " ")
  }

  /// The settings that a page names.
  private func setting(_ manifest: ArchiveManifest) -> [(name: String, value: String)] {
    [
      ("archive", archive.shown), ("model", manifest.modelName),
      ("window", manifest.window.map { formatted("%g s", $0) } ?? "whole videos"),
    ] + (classifier.map { [("classifier", $0.shown)] } ?? [])
  }
}

extension ModelOptions {
  /// Takes the options that an archive was made with, where none were given.
  fileprivate mutating func adopt(_ manifest: ArchiveManifest) {
    let its = manifest.options
    frames = frames ?? Int32(clamping: manifest.frames)
    head = head ?? Head(name: its.head)
    temporalShift = temporalShift ?? Shift(rawValue: its.temporalShift)
    joint = joint ?? Switch(its.joint)
    temporalView = temporalView ?? its.temporalView.map { Int32(clamping: $0) }
    compute = compute ?? Compute(rawValue: its.compute)
  }

  /// The option by which a loaded model would make other rows than an archive has: its name, and both values.
  fileprivate func difference(
    from manifest: ArchiveManifest, _ model: Model
  ) -> (option: String, given: String, kept: String)? {
    let (its, info) = (manifest.options, model.info)
    let pairs = [
      ("frames", "\(info.frames)", "\(manifest.frames)"), ("head", Head.name(of: info.head), its.head),
      ("joint", Switch(info.joint != 0).rawValue, Switch(its.joint).rawValue),
      ("temporal-shift", Shift.of(info).rawValue, its.temporalShift),
      ("activation", EncoderActivation.name(of: info.activation), its.activation),
    ]
    return pairs.first { $0.1 != $0.2 }
  }
}
