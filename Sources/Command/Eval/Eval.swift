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
      docs/LISTS.md has all forms. The labels are those of --labels, else the list's if its form names them, else the \
      model's own.
      With --segments whole videos are searched for the parts that the list names, and what is found is judged as ActivityNet \
      does: mAP over overlaps of 0.5 to 0.95, and at 0.5.
      A video that cannot be read is reported and does not count; the exit status is 0 unless all \
      fail. docs/EVALUATION.md has the rules, and commands for the usual data sets.
      """)

  @OptionGroup
  var listed: LabelledVideos

  @Flag(help: "Rows have any number of labels; the figure is mAP.")
  var multiLabel = false

  @OptionGroup
  var scoring: ScoringOptions

  @Flag(
    help:
      "Find when each label is shown, as timeline does, and compare with the list's parts; the figure is mAP."
  )
  var segments = false

  @OptionGroup(title: "Segment options, with --segments")
  var sliding: WindowOptions

  @OptionGroup(title: "Segment options, with --segments")
  var finding: SegmentOptions

  @OptionGroup(title: "Segment options, with --segments")
  var none: NoneLabel

  @OptionGroup(title: "Events, with --segments --method hysteresis")
  var events: EventOptions

  @Option(
    help: ArgumentHelp(
      "Clips along the time x squares of the picture (1 or 3), averaged; an Open-VCLIP's are summed, and 3x1 are its own.",
      valueName: "clipsxcrops"))
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
    try scoring.refuseLabels(listed.labels != nil, "--labels")
    try checkSegments()
  }

  func run() throws {
    for path in [jsonFile, html] { try path.map(Files.requireWritableText) }
    if let predictions { try Journal.require(predictions, resume: resume) }
    try Files.requireOwnPlaces(
      [jsonFile, html, predictions],
      beside: [listed.list, listed.labels, finding.steps, events.thresholds] + scoring.files)
    let set = try LabelledSet(listed, multiLabel: multiLabel, scoring) {
      () throws(LibraryError) in try load()
    }
    let notes = try ModelNotes(set.model, labels: set.scorer.wordLabels)
    let (metrics, tally) = try segments ? judgeSegments(set, notes) : judgeVideos(set, notes)
    try write(
      EvalReport(
        setting: try setting(set, notes), title: "\(modelName) on \(listed.list.shown)",
        classes: set.videos.classes,
        metrics: metrics, numbering: set.videos.numbering, scored: tally.scored, damaged: tally.damaged,
        failures: tally.failures))
    if tally.scored == 0 { throw CommandError("\(listed.list.shown): none of its videos could be read") }
    if strict, !tally.failures.isEmpty { throw AlreadyReported() }
  }

  /// Scores each video or part of the list as a whole.
  private func judgeVideos(_ set: LabelledSet, _ notes: ModelNotes) throws -> (EvalReport.Metrics, Tally) {
    let scorer = VideoScorer(
      encoder: VideoEncoder(
        model: set.model, resize: scoring.resize, views: views, opening: opening),
      labels: set.scorer)
    try scorer.checkOptions()
    let count = set.videos.classes.count
    let journal = try predictions.map {
      try Journal($0, header: header(set), classes: count, resume: resume)
    }
    notes.tell()
    let (scored, tally) = try score(set.videos, scorer, journal)
    return (
      multiLabel
        ? .multi(MultiLabelMetrics(scored, classCount: count))
        : .single(SingleLabelMetrics(scored, classCount: count)), tally
    )
  }

  /// Scores every video that the journal does not hold, and writes each into it at once.
  private func score(
    _ videos: VideoList, _ scorer: VideoScorer, _ journal: Journal?
  ) throws -> ([Scored], Tally) {
    var (scored, tally) = ([Scored](), Tally())
    let known = journal?.known ?? [:]
    var progress = Progress(total: videos.rows.count, done: journal?.finished ?? 0)
    for row in videos.rows {
      if let outcome = known[row.number], let scores = outcome.value {
        tally.add(row, outcome)
        scored.append(Scored(classes: row.classes, scores: scores))
        continue
      }
      let outcome = try row.attempt(in: videos.root) { (path) throws(LibraryError) in
        try scorer.scores(of: row, at: path)
      }
      try journal?.append(row, outcome, of: videos)
      tally.add(row, outcome)
      if let scores = outcome.value { scored.append(Scored(classes: row.classes, scores: scores)) }
      progress.step()
    }
    Progress.clear()
    return (scored, tally)
  }

  /// The videos that were seen, and those that could not be read.
  struct Tally {
    private(set) var scored = 0
    private(set) var damaged = 0
    private(set) var failures: [EvalReport.Failure] = []

    mutating func add<Value>(_ row: VideoList.Row, _ outcome: VideoOutcome<Value>) {
      switch outcome {
      case .read(_, let frames):
        scored += 1
        damaged += frames > 0 ? 1 : 0
      case .failed(let error): failures.append(EvalReport.Failure(row: row, error: error))
      }
    }
  }

  private func load() throws(LibraryError) -> Model {
    try options.load(listed.model, hash: listed.model != nil && !isFile)
  }

  /// The options by which the list's videos are opened.
  var opening: VideoOpening { listed.folders.opening(scoring.decode, threads: options.threads) }

  /// Whether the model is a file: neither a folder nor a name that the library looks up in a cache.
  var isFile: Bool { listed.model.map { $0.exists && !$0.isFolder } ?? false }

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
