import ArgumentParser
import CActionCLIP

struct Thresholds: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "thresholds",
    abstract: "Suggest the scores at which events start and end, by videos in which they are labelled.",
    discussion: """
      The list is read as eval reads it, and says when each label is shown: a line for each part of a video, with its \
      path, label, start and end in seconds. What no line names counts as not shown. For each label the thresholds are \
      those whose events agree best with the listed parts, by F1: the harmonic mean of precision and recall, both shares \
      of time. The labels are those of --labels or the classifier, else the list's if its form names them, else the \
      model's own. Each label is judged by itself, while watch and timeline show one label at a time unless they are told \
      otherwise.
      watch, timeline and eval take the file as --thresholds. Give them the same --labels, --none, --min-on, --min-off and \
      --half-life, and windows of the same length.
      The shares are of the videos that chose the thresholds, so on others they will be lower: eval --segments tells \
      how much. A label of few parts is named.
      With --json the result is one object: labels (label, on, off, precision, recall, f1, segments), videos and windows \
      (how many), failures, notes (as of classify).
      A video that cannot be read is reported and left out; the exit status is 0 unless all fail. docs/EVENTS.md has the \
      workflow.
      """)

  @OptionGroup
  var listed: LabelledVideos

  @Option(
    help: ArgumentHelp("Write the thresholds as CSV: label, on and off of each label.", valueName: "path"))
  var out: FilePath?

  @OptionGroup
  var sliding: WindowOptions

  @OptionGroup(title: "Events")
  var times: EventTimes

  @OptionGroup(title: "Events")
  var none: NoneLabel

  @OptionGroup
  var scoring: ScoringOptions

  @Flag(help: "One JSON object in place of the table.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws { try scoring.refuseLabels(listed.labels != nil, "--labels") }

  func run() throws {
    if let out { try Files.requireWritableText(out) }
    try Files.requireOwnPlaces([out], beside: [listed.list, listed.labels] + scoring.files)
    let set = try LabelledSet(listed, scoring) { () throws(LibraryError) in
      try options.load(listed.model)
    }
    let noneLabel = try none.place(among: set.scorer.labels)
    let annotated = try AnnotatedVideos(set.videos, named: listed.list.shown)
    let notes = try ModelNotes(set.model, labels: set.scorer.wordLabels)
    notes.tell()
    let (found, failures) = try windows(of: annotated, in: set)
    guard !found.windows.starts.isEmpty else {
      throw CommandError("\(listed.list.shown): none of its videos could be read")
    }
    guard !found.spans.isEmpty else {
      throw CommandError("\(listed.list.shown): none of its parts is inside its video")
    }
    let report = ThresholdsReport(
      rows: try rows(found, set.scorer.labels, besides: Int(noneLabel)),
      windowCount: found.windows.starts.count,
      videoCount: annotated.videos.count - failures.count, failures: failures,
      numbering: set.videos.numbering, notes: notes)
    if let out { try Files.replace(out, with: Array(ThresholdFile.text(report.rows).utf8)) }
    for caution in report.cautions { Diagnostics.warning(caution) }
    try Output().line(json ? report.json.text : report.text(on: Terminal.standardOutput()))
  }

  /// The windows of every video that can be read.
  private func windows(
    of annotated: AnnotatedVideos, in set: LabelledSet
  ) throws -> (LabelledWindows, [EvalReport.Failure]) {
    var found = LabelledWindows(labels: set.scorer.labels.count, hole: 2 * trackerOptions.gap_ns)
    var failures: [EvalReport.Failure] = []
    let sliding = sliding.windows(of: set.model, scoring.resize, isLive: true)
    let opening = listed.folders.opening(scoring.decode, threads: options.threads)
    var progress = Progress(total: annotated.videos.count)
    for video in annotated.videos {
      let outcome = try video.row.attempt(in: set.videos.root) { (path) throws(LibraryError) in
        try Video.open(path, opening, video.row.frames) {
          (opened) throws(LibraryError) in
          (try sliding.scores(of: opened, by: set.scorer), try opened.outline().damaged_frames)
        }
      }
      switch outcome {
      case .read(let scores, _): found.add(scores, video.parts)
      case .failed(let error): failures.append(.init(row: video.row, error: error))
      }
      progress.step()
    }
    Progress.clear()
    return (found, failures)
  }

  /// The tracker's options. Without a hole that ends events, a day between two videos does.
  private var trackerOptions: actionclip_tracker_options {
    var options = times.options
    if options.gap_ns == 0 { options.gap_ns = nanoseconds(86400) }
    return options
  }

  /// Suggests thresholds of all labels but the one at the place `none`, and judges them by the events that they give.
  private func rows(
    _ found: LabelledWindows, _ labels: [String], besides none: Int
  ) throws -> [ThresholdsReport.Row] {
    let suggested = try SuggestedThresholds(found.windows, found.spans, trackerOptions)
    let (on, off) = (suggested.on, suggested.off)
    var settings = SegmentSettings()
    settings.method = Int32(ACTIONCLIP_SEGMENTS_HYSTERESIS)
    var tracker = TrackerSettings(options: trackerOptions, on: on, off: off)
    tracker.options.mode = Int32(ACTIONCLIP_TRACK_INDEPENDENT)
    settings.tracker = tracker
    let events = try settings.segments(
      starts: found.windows.starts, ends: found.windows.ends, scores: found.windows.scores,
      labels: labels.count)
    let counts = found.partCounts
    return labels.indices.filter { $0 != none }.map { label in
      ThresholdsReport.Row(
        labels[label], on: on[label], off: off[label],
        events: TimeRanges(events.filter { $0.label == label }.map { $0.start_ns..<$0.end_ns }),
        labelled: TimeRanges(found.spans.filter { $0.label == label }.map { $0.start..<$0.end }),
        segments: counts[label])
    }
  }
}
