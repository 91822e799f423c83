import ArgumentParser
import CActionCLIP

struct Timeline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Tell what happens when in each video.",
    discussion: """
      Windows slide over the video, and each is ranked as a video of its own; a moment goes to the \
      label with the largest mean over the windows that cover it, or by another --method. Some label always wins: among the \
      labels should be one for nothing in particular (--none), or give --threshold. With --classifier a moment may show none.
      With --json, each video is one line: path, segments (start and end in seconds, label, null for none, \
      probability of the best), windows (how many), damaged_frames (met), notes (as of classify), error (null when all went well).
      --html writes a page with the video, a curve for each label and a slider for the least probability; --out writes \
      the segments for other programs. docs/TIMELINE.md shows each form.
      """)

  @Argument(help: ArgumentHelp("Video files.", valueName: "video"))
  var videos: [FilePath]

  @Option(help: .model)
  var model: FilePath?

  @OptionGroup
  var candidates: LabelOptions

  @OptionGroup
  var sliding: WindowOptions

  @OptionGroup(title: "Segment options")
  var finding: SegmentOptions

  @OptionGroup(title: "Segment options")
  var none: NoneLabel

  @OptionGroup(title: "Events, with --method hysteresis")
  var events: EventOptions

  @OptionGroup
  var scoring: ScoringOptions

  @OptionGroup
  var folders: FolderOptions

  @Flag(help: "One JSON object per video, each on its line.")
  var json = false

  @OptionGroup
  var files: TimelineFiles

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    try FilePath.refuseStandardInput(videos)
    try finding.refuse(events)
    try scoring.refuse(candidates)
    try files.check(for: videos)
  }

  func run() throws {
    try files.requireWritable(
      beside: videos.map(Optional.some) + [candidates.labels, finding.steps, events.thresholds]
        + scoring.files)
    let descriptions = try scoring.prompts.readDescriptions()
    let model = try options.load(model)
    let scorer = try scoring.scorer(candidates, descriptions, with: model)
    let settings = try finding.settings(for: scorer, none, events)
    for note in settings.tracker?.notes ?? [] { Diagnostics.warning(note) }
    let notes = try ModelNotes(model, labels: scorer.wordLabels, of: scorer.labels.count)
    notes.tell()
    let report = TimelineReport(labels: scorer.labels, notes: notes)
    let reports = VideoReports(json: json)
    var found: [VideoTimeline] = []
    var failure: AlreadyReported?
    do {
      try reports.write(videos) { video, path in
        let seen = try Video.open(video, folders.opening(scoring.decode, threads: options.threads)) {
          (opened) throws(LibraryError) in try look(at: opened, path: video, with: model, scorer, settings)
        }
        reports.warn(path, damaged: seen.damaged, of: Int64(seen.frameCount))
        if files.areWanted { found.append(seen) }
        return json ? report.line(path, seen).text : report.text(path, seen, reports.terminal)
      } failure: {
        report.line($0, error: $1)
      }
    } catch let error as AlreadyReported {
      failure = error
    }
    // The videos that could be read are written though others failed.
    if !found.isEmpty { try files.write(found, scorer, settings, about: setting) }
    if let failure { throw failure }
  }

  /// The settings that a page names.
  private var setting: [(name: String, value: String)] {
    [
      ("model", model?.shown ?? "the default model"),
      ("window", sliding.window.map { formatted("%g s", $0) } ?? "the model's"),
      ("from one to the next", sliding.step.map { formatted("%g s", $0) } ?? "an eighth of a window"),
      ("method", finding.method.rawValue),
    ] + (scoring.classifier.map { [("classifier", $0.shown)] } ?? [])
  }

  private func look(
    at video: Video, path: FilePath, with model: Model, _ scorer: LabelScorer, _ settings: SegmentSettings
  ) throws(LibraryError) -> VideoTimeline {
    let info = try video.outline()
    let windows = sliding.windows(of: model, scoring.resize, isLive: finding.method == .hysteresis)
    let scores = try windows.scores(of: video, by: scorer)
    let found = try settings.segments(
      starts: scores.starts, ends: scores.ends, scores: scores.scores, labels: scores.labels)
    return VideoTimeline(
      path: path, duration: info.duration,
      frameRate: info.duration > 0 ? Double(info.frame_count) / info.duration : 25,
      frameCount: Int(info.frame_count), windowCount: scores.starts.count,
      segments: found.map { .init($0, duration: info.duration) },
      curves: files.html == nil ? nil : scores.curves, damaged: try video.outline().damaged_frames,
      thumbnails: files.html == nil ? nil : try Thumbnails(of: video, for: model, resize: scoring.resize))
  }
}
