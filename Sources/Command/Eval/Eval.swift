import ArgumentParser
import CActionCLIP

struct Eval: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "eval",
    abstract: "Measure accuracy on a list of videos with known labels.",
    discussion: """
      A list has a video on each line: path and label, or path, number of frames (not used) and \
      label; with --multi-label, path and any number of labels. Spaces, tabs or commas stand between \
      fields, as in the first row. A label is an id (a table's, or the line in a plain label file, \
      counted from 0) or a name. A first row that names columns (path, label, start, end), and JSON lines \
      ({"path": …, "label": …, "start": …, "end": …}), give parts of videos too, in seconds.
      A list may also be a folder with a folder of videos for each label. \
      docs/LISTS.md has all forms.
      A video that cannot be read is reported and does not count; the exit status is 0 unless all \
      fail. docs/EVALUATION.md has the rules, and commands for the usual data sets.
      """)

  @Argument(help: ArgumentHelp("Videos and their labels: a file or a folder.", valueName: "list"))
  var list: FilePath

  @Option(
    help: ArgumentHelp(
      "The model's file or folder, or its name in Hugging Face (default: the default model).",
      valueName: "path"))
  var model: FilePath?

  @Option(
    help: ArgumentHelp(
      "A file of labels, as classify reads it (default: the list's, if its form names them, else the model's own).",
      valueName: "path"))
  var labels: FilePath?

  @OptionGroup
  var reading: ListOptions

  @Flag(help: "Rows have any number of labels; the figure is mAP.")
  var multiLabel = false

  @OptionGroup
  var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Clips along the time x squares of the picture (1 or 3), averaged.", valueName: "clipsxcrops"))
  var views = Views.single

  @Option(help: ArgumentHelp("Write the results as JSON; - for standard output.", valueName: "path"))
  var json: FilePath?

  @Option(help: ArgumentHelp("Write the results as a page for a browser.", valueName: "path"))
  var html: FilePath?

  @Option(help: ArgumentHelp("Write each video's scores as JSON lines, when it is done.", valueName: "path"))
  var predictions: FilePath?

  @Flag(help: "Go on where --predictions ends; begin it if it is not there.")
  var resume = false

  @Flag(help: "Exit with status 1 if any video could not be read.")
  var strict = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    if resume, predictions == nil { throw ValidationError("--resume needs --predictions PATH.") }
    try scoring.refuseLabels(labels != nil, "--labels")
  }

  func run() throws {
    // The small files are checked before the large one is read.
    let descriptions = try scoring.prompts.readDescriptions()
    let source = try ListSource(list)
    let needsModel = scoring.classifier != nil || (labels == nil && !source.namesClasses)
    let early = try needsModel ? load() : nil
    let taught = try early.flatMap { try scoring.readClassifier(for: $0) }
    let videos = try reading.videos(source, classes: classes(early, taught), multiLabel: multiLabel)
    let names = videos.classes.labels
    for path in [jsonFile, html] { try path.map(Files.requireWritableText) }
    if let predictions { try Journal.require(predictions, resume: resume) }
    let loaded = try early ?? load()
    let texts: LabelTexts?
    let labels: LabelScorer
    if let taught {
      (texts, labels) = (nil, try LabelScorer(taught))
    } else {
      let words = try scoring.prompts.texts(of: names, descriptions, with: loaded)
      (texts, labels) = (words, LabelScorer(loaded, names, words, scale: scoring.scale))
    }
    let scorer = VideoScorer(
      encoder: VideoEncoder(
        model: loaded, resize: scoring.resize, views: views, decode: scoring.decode,
        threads: options.threads ?? 0),
      labels: labels)
    try scorer.checkOptions()
    let journal = try predictions.map {
      try Journal(
        $0, header: header(loaded, texts, descriptions, videos), classes: names.count, resume: resume)
    }

    let notes = try ModelNotes(loaded, labels: labels.wordLabels)
    notes.tell()
    let tally = try score(videos, scorer, journal)
    try write(
      EvalReport(
        setting: try setting(loaded, source, texts, notes),
        title: "\(modelName) on \(list.shown)",
        classes: videos.classes,
        metrics: multiLabel
          ? .multi(MultiLabelMetrics(tally.scored, classCount: names.count))
          : .single(SingleLabelMetrics(tally.scored, classCount: names.count)),
        numbering: videos.numbering, scored: tally.scored.count, damaged: tally.damaged,
        failures: tally.failures))
    if tally.scored.isEmpty { throw CommandError("\(list.shown): none of its videos could be read") }
    if strict, !tally.failures.isEmpty { throw AlreadyReported() }
  }

  /// The classes to find the list's labels in: those of the options, of the classifier or of the model; nil: the
  /// list's.
  private func classes(_ model: Model?, _ taught: Classifier?) throws -> ClassList? {
    if let labels { return try ClassList(labels) }
    if let taught { return try ClassList(of: taught) }
    return try model.map { try ClassList(of: $0) }
  }

  /// Scores every video that the journal does not hold, and writes each into it at once.
  private func score(
    _ videos: VideoList, _ scorer: VideoScorer, _ journal: Journal?
  ) throws -> Tally {
    var tally = Tally()
    let known = journal?.known ?? [:]
    var progress = Progress(total: videos.rows.count, done: journal?.finished ?? 0)
    for row in videos.rows {
      if let outcome = known[row.number], case .read = outcome {
        tally.add(row, outcome)
        continue
      }
      let outcome = try row.attempt(in: videos.root) { (path) throws(LibraryError) in
        try scorer.scores(of: path, in: row.span)
      }
      try journal?.append(row, outcome, of: videos)
      tally.add(row, outcome)
      progress.step()
    }
    Progress.clear()
    return tally
  }

  private struct Tally {
    var scored: [Scored] = []
    var damaged = 0
    var failures: [EvalReport.Failure] = []

    mutating func add(_ row: VideoList.Row, _ outcome: VideoOutcome<[Float]>) {
      switch outcome {
      case .read(let scores, let frames):
        scored.append(Scored(classes: row.classes, scores: scores))
        damaged += frames > 0 ? 1 : 0
      case .failed(let error):
        failures.append(EvalReport.Failure(row: row, error: error))
      }
    }
  }

  private func load() throws(LibraryError) -> Model {
    try options.load(model, hash: model != nil && !isFile)
  }

  /// Whether the model is a file: neither a folder nor a name that the library looks up in a cache.
  var isFile: Bool { model.map { $0.exists && !$0.isFolder } ?? false }

  /// The file to write JSON to; nil where none was asked for, and for standard output ("-").
  private var jsonFile: FilePath? { json.flatMap { $0.bytes == Array("-".utf8) ? nil : $0 } }

  private func write(_ report: EvalReport) throws {
    let output = Output()
    if let jsonFile { try Files.replace(jsonFile, with: Array((report.json.text + "\n").utf8)) }
    if let html { try Files.replace(html, with: Array(EvalPage(report: report).text.utf8)) }
    let asked = json != nil && jsonFile == nil
    try output.line(asked ? report.json.text : report.text(on: Terminal.standardOutput()))
  }
}
