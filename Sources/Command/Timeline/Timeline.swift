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

  @Option(
    help: ArgumentHelp(
      "The model's file or folder, or its name in Hugging Face (default: the default model).",
      valueName: "path"))
  var model: FilePath?

  @OptionGroup
  var candidates: LabelOptions

  @Option(help: ArgumentHelp("How long a window is.", valueName: "seconds"))
  var window = 2.0

  @Option(
    help: ArgumentHelp("From one window to the next (default: an eighth of a window).", valueName: "seconds"))
  var step: Double?

  @OptionGroup
  var finding: SegmentOptions

  @OptionGroup
  var scoring: ScoringOptions

  @Flag(help: "One JSON object per video, each on its line.")
  var json = false

  @OptionGroup
  var files: TimelineFiles

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    for (name, value) in [("window", window), ("step", step ?? 1)] where !(value > 0 && value <= 86400) {
      throw ValidationError("--\(name) must be above 0 and at most 86400 seconds.")
    }
    try scoring.refuse(candidates)
    try files.check(for: videos)
  }

  func run() throws {
    try files.requireWritable(beside: videos)
    let descriptions = try scoring.prompts.readDescriptions()
    let model = try options.load(model)
    let scorer = try scoring.scorer(candidates, descriptions, with: model)
    let settings = try finding.settings(for: scorer)
    let notes = try ModelNotes(model, labels: scorer.wordLabels)
    notes.tell()
    let report = TimelineReport(labels: scorer.labels, notes: notes)
    let reports = VideoReports(json: json)
    var found: [VideoTimeline] = []
    var failure: AlreadyReported?
    do {
      try reports.write(videos) { video, path in
        let seen = try Video.open(video, threads: options.threads ?? 0, decode: scoring.decode) {
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
      ("model", model?.shown ?? "the default model"), ("windows of", formatted("%g s", window)),
      ("a window each", formatted("%g s", step ?? window / 8)),
      ("method", finding.method.rawValue),
    ] + (scoring.classifier.map { [("classifier", $0.shown)] } ?? [])
  }

  private func look(
    at video: Video, path: FilePath, with model: Model, _ scorer: LabelScorer, _ settings: SegmentSettings
  ) throws(LibraryError) -> VideoTimeline {
    let info = try video.outline()
    let count = Int(info.frame_count)
    // A single picture has no rate, and one window whatever it is.
    let rate = info.duration > 0 ? Double(count) / info.duration : 25
    func frames(_ seconds: Double) -> Int { max(1, Int(min(seconds * rate, Double(count)).rounded())) }
    let windows = SlidingWindows(
      frameCount: count, length: frames(window), step: frames(step ?? window / 8))
    let inside = try model.indices(of: Int64(windows.length), segments: model.frames, frameRate: rate)

    var encoder = WindowEncoder(
      model, video, resize: scoring.resize, starts: windows.starts, inside: inside,
      times: FrameTimes(frameCount: count, duration: info.duration),
      thumbnails: files.html == nil
        ? nil : Thumbnails(duration: info.duration, side: Int(model.info.image_size)))
    var scores = WindowScores(labels: scorer.labels.count)
    func nanoseconds(at frame: Int) -> Int64 {
      Int64((min(encoder.times.seconds(at: frame), 4e9) * 1e9).rounded())
    }
    let together = max(1, 64 / model.frames)
    for begin in stride(from: 0, to: windows.starts.count, by: together) {
      let starts = windows.starts[begin..<min(begin + together, windows.starts.count)]
      let rows = try scorer.probabilities(videos: encoder.encode(starts: starts, inside: inside))
      for (place, start) in starts.enumerated() {
        scores.add(
          start: nanoseconds(at: start), end: nanoseconds(at: start + windows.length),
          scores: rows[place * scores.labels..<(place + 1) * scores.labels])
      }
    }
    let found = try settings.segments(
      starts: scores.starts, ends: scores.ends, scores: scores.scores, labels: scores.labels)
    return VideoTimeline(
      path: path, duration: info.duration, frameRate: rate, frameCount: count,
      windowCount: windows.starts.count,
      segments: found.map { .init($0, duration: info.duration) },
      curves: files.html == nil ? nil : scores.curves,
      thumbnails: encoder.thumbnails, damaged: try video.outline().damaged_frames)
  }
}
