import ArgumentParser
import CActionCLIP

struct Timeline: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "timeline",
    abstract: "Tell what happens when in each video.",
    discussion: """
      Windows slide over the video, and each is ranked as a video of its own; a moment goes to the \
      label with the largest mean over the windows that cover it. Some label always wins: among the \
      labels should be one for nothing in particular. Only with --classifier a moment may show none of them.
      With --json, each video is one line: path, segments (start and end in seconds, label, null for none, \
      probability of the best), windows (how many), damaged_frames (met), notes (as of classify), error (null when all went well).
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
  var scoring: ScoringOptions

  @Flag(help: "One JSON object per video, each on its line.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    for (name, value) in [("window", window), ("step", step ?? 1)] where !(value > 0 && value <= 86400) {
      throw ValidationError("--\(name) must be above 0 and at most 86400 seconds.")
    }
    try scoring.refuse(candidates)
  }

  func run() throws {
    let descriptions = try scoring.prompts.readDescriptions()
    let model = try options.load(model)
    let scorer = try scoring.scorer(candidates, descriptions, with: model)
    let notes = try ModelNotes(model, labels: scorer.wordLabels)
    notes.tell()
    let reports = VideoReports(json: json)
    try reports.write(videos) { video, path in
      let seen = try Video.open(video, threads: options.threads ?? 0, decode: scoring.decode) {
        (video) throws(LibraryError) in try look(at: video, with: model, scorer)
      }
      reports.warn(path, damaged: seen.damaged, of: Int64(seen.windows.frameCount))
      return json
        ? line(path, seen, scorer.labels, notes).text : text(path, seen, scorer.labels, reports.terminal)
    } failure: {
      line($0, error: $1, notes)
    }
  }

  private struct Seen {
    let windows: SlidingWindows
    let segments: [SlidingWindows.Segment]
    let times: FrameTimes
    let damaged: Int64
  }

  private func look(
    at video: Video, with model: Model, _ scorer: LabelScorer
  ) throws(LibraryError) -> Seen {
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
      times: FrameTimes(frameCount: count, duration: info.duration))
    var scores: [[Float]] = []
    let together = max(1, 64 / model.frames)
    for begin in stride(from: 0, to: windows.starts.count, by: together) {
      let starts = windows.starts[begin..<min(begin + together, windows.starts.count)]
      let rows = try scorer.probabilities(videos: encoder.encode(starts: starts, inside: inside))
      let classes = rows.count / starts.count
      scores += starts.indices.map { window in
        let place = (window - begin) * classes
        return Array(rows[place..<(place + classes)])
      }
    }
    return Seen(
      windows: windows, segments: windows.segments(scores: scores, thresholds: scorer.thresholds),
      times: encoder.times,
      damaged: try video.outline().damaged_frames)
  }

  private func text(_ path: String, _ seen: Seen, _ names: [String], _ terminal: Terminal) -> String {
    let count = seen.windows.starts.count
    let head = "\(terminal.bold(printable(path)))  (\(count) window\(count == 1 ? "" : "s"))"
    let room = max(1, terminal.columns - 32)
    func name(_ segment: SlidingWindows.Segment) -> String {
      segment.label.map { printable(names[$0]) } ?? "(\(noneOfThese))"
    }
    let width = min(room, seen.segments.map { Columns.of(name($0)) }.max() ?? 0)
    let rows = seen.segments.map { segment in
      let from = seen.times.seconds(at: segment.frames.lowerBound)
      let to = seen.times.seconds(at: segment.frames.upperBound)
      return formatted("  %7.2f s to %7.2f s  ", from, to)
        + terminal.accent(Columns.fit(name(segment), width))
        + formatted("  %3.0f %%", segment.probability * 100)
    }
    return ([head] + rows).joined(separator: "\n")
  }

  private func line(_ path: String, _ seen: Seen, _ names: [String], _ notes: ModelNotes) -> JSONValue {
    [
      "path": .string(path),
      "segments": .array(
        seen.segments.map { segment in
          [
            "start": .double(seen.times.seconds(at: segment.frames.lowerBound)),
            "end": .double(seen.times.seconds(at: segment.frames.upperBound)),
            "label": segment.label.map { .string(names[$0]) } ?? .null,
            "probability": .double(segment.probability),
          ]
        }),
      "windows": .int(Int64(seen.windows.starts.count)), "damaged_frames": .int(seen.damaged),
      "notes": notes.json, "error": .null,
    ]
  }

  private func line(_ path: String, error: String, _ notes: ModelNotes) -> JSONValue {
    [
      "path": .string(path), "segments": .array([]), "windows": .int(0), "damaged_frames": .null,
      "notes": notes.json, "error": .string(error),
    ]
  }
}
