import ArgumentParser
import CActionCLIP

struct Adapt: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "adapt",
    abstract: "Teach a classifier labels by a few clips of each.",
    discussion: """
      The list is read as eval reads it: clips with their labels, or parts of long recordings. Its labels are added \
      to those of --labels, else to the model's own. All that it does not show keep their words.
      No other videos are needed: how well it works is told by clips that are left out in turn, the words alone beside it.
      With --out the classifier is written as a file, which classify, timeline, watch and eval take as --classifier.
      A clip that cannot be read is reported and left out; the exit status is 0 unless all fail.
      docs/ADAPTATION.md has the formulas.
      """)

  @OptionGroup
  var listed: LabelledVideos

  @OptionGroup
  var knowing: KnownLabels

  @Option(help: ArgumentHelp("Write the classifier.", valueName: "path"))
  var out: FilePath?

  @Option(
    help: ArgumentHelp("Begin with this classifier, its labels and its clips.", valueName: "path"))
  var addTo: FilePath?

  @Option(
    help: ArgumentHelp(
      "Views of each clip along its time x squares of the picture (1 or 3); together they count as one clip.",
      valueName: "clipsxcrops"))
  var views = Views.single

  @Option(help: "How the clips are used; auto takes what does best on clips that are left out.")
  var method = FitMethod.auto

  @Option(
    help: ArgumentHelp(
      "The share of clips with known labels that the limit for \"none of these\" lets pass.",
      valueName: "0 to 1"))
  var acceptRate: Double?

  @Flag(help: "Write the classifier without the clips' embeddings; it can then not be fitted anew.")
  var noClips = false

  @OptionGroup
  var prompts: PromptOptions

  @OptionGroup
  var pictures: PictureOptions

  @Option(help: ArgumentHelp("Write the report as a page for a browser.", valueName: "path"))
  var html: FilePath?

  @Flag(help: "Write the report as one JSON object.")
  var json = false

  @Flag(help: "Exit with status 1 if any clip could not be read.")
  var strict = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    try knowing.check(listed.labels)
    if knowing.onlyListed, addTo != nil { throw ValidationError("Give --add-to or --only-listed, not both.") }
    if addTo != nil, !prompts.template.isEmpty || prompts.descriptions != nil {
      throw ValidationError(
        "Give --add-to or prompts, not both: the classifier keeps the prompts that it was made with.")
    }
    if let acceptRate, !(0...1).contains(acceptRate) {
      throw ValidationError("--accept-rate must be 0 to 1.")
    }
  }

  func run() throws {
    try out.map(Files.requireWritable)
    try html.map(Files.requireWritableText)
    try out.map { try WrittenFile.classifier.requireReplaceable($0) }
    try Files.requireOwnPlaces([html], beside: [listed.list, listed.labels, out, prompts.descriptions])
    let descriptions = try prompts.readDescriptions()
    let source = try ListSource(listed.list)
    let given = try listed.labels.map { try ClassList($0) }
    let loaded = try options.load(listed.model)
    let earlier = try addTo.map { path in
      let classifier = try Classifier(path, for: loaded)
      if try classifier.examples.isEmpty {
        throw CommandError(
          "\(path.shown): it was written without its clips (--no-clips), so it cannot learn more")
      }
      return classifier
    }
    let known = try known(loaded, earlier, given)
    let videos = try listed.reading.videos(source, classes: known, extends: true)
    let names = videos.classes.labels
    let shown = Set(videos.rows.flatMap(\.classes))
    let notes = try ModelNotes(loaded, labels: names.indices.filter { !shown.contains($0) }.map { names[$0] })
    notes.tell()

    let classifier = try earlier ?? make(loaded, names, descriptions)
    if earlier != nil { try classifier.set(labels: names) }
    let encoder = VideoEncoder(
      model: loaded, resize: pictures.resize, views: views,
      opening: listed.folders.opening(pictures.decode, threads: options.threads))
    try encoder.checkOptions()
    let clips = try teach(classifier, videos, encoder)
    guard !clips.rows.isEmpty else {
      throw CommandError("\(listed.list.shown): none of its clips could be read")
    }
    try classifier.fit(method, acceptRate: acceptRate)
    if let out { try classifier.save(to: out, keepsClips: !noClips) }

    let report = AdaptReport(
      title: title, fit: try classifier.report(),
      labels: names, known: known?.count, clips: clips, root: videos.root, numbering: videos.numbering,
      written: out, model: listed.model, notes: notes)
    if let html {
      try Files.replace(html, with: Array(AdaptPage(report: report, encoder: encoder).text.utf8))
    }
    try Output().line(json ? report.json.text : report.text(on: Terminal.standardOutput()))
    if strict, !clips.failures.isEmpty { throw AlreadyReported() }
  }

  /// The report's title: the model or the earlier classifier, and the list.
  private var title: String {
    addTo.map { "\($0.shown), taught more by \(listed.list.shown)" }
      ?? "\(listed.modelName), taught by \(listed.list.shown)"
  }

  /// The classes that the list's are added to; nil for none.
  private func known(_ model: Model, _ earlier: Classifier?, _ given: ClassList?) throws -> ClassList? {
    if let earlier {
      let classes = try ClassList(of: earlier)
      return try given.map { try classes.adding($0.labels) } ?? classes
    }
    return try knowing.classes(given, of: model)
  }

  private func make(_ model: Model, _ labels: [String], _ descriptions: Descriptions?) throws -> Classifier {
    guard let descriptions else { return try Classifier(model, labels: labels, templates: prompts.template) }
    return try Classifier(model, labels: labels, descriptions)
  }

  /// Encodes the clips of a list and adds each as an example of its label.
  private func teach(
    _ classifier: Classifier, _ videos: VideoList, _ encoder: VideoEncoder
  ) throws -> AdaptReport.Clips {
    // The clips of an earlier list keep their numbers.
    let last = try classifier.examples.map(\.clip_id).max() ?? -1
    guard last < Int64.max - Int64(videos.rows.count) else {
      throw CommandError(
        "\(addTo?.shown ?? ""): the number of its last clip, \(last), leaves none for others")
    }
    var clips = AdaptReport.Clips(first: max(0, last + 1))
    try encoder.encode(videos.rows, in: videos.root) { row, outcome throws(LibraryError) in
      switch outcome {
      case .read(let views, _):
        guard let label = row.classes.first else { return }
        try classifier.add(
          videos.classes.labels[label], views: views, clip: clips.first + Int64(clips.rows.count))
        clips.rows.append(row)
      case .failed(let error): clips.failures.append(.init(row: row, error: error))
      }
    }
    return clips
  }
}

/// How the clips of a classifier are used.
enum FitMethod: String, CaseIterable, ExpressibleByArgument {
  case auto, words, prototypes, ridge, softmax

  /// The name of a method that a fit chose.
  static func name(of code: Int32) -> String {
    allCases.first { $0.code == code }?.rawValue ?? "unknown (\(code))"
  }

  var code: Int32 {
    switch self {
    case .auto: Int32(ACTIONCLIP_FIT_AUTO)
    case .words: Int32(ACTIONCLIP_FIT_WORDS)
    case .prototypes: Int32(ACTIONCLIP_FIT_PROTOTYPES)
    case .ridge: Int32(ACTIONCLIP_FIT_RIDGE)
    case .softmax: Int32(ACTIONCLIP_FIT_SOFTMAX)
    }
  }
}
