import ArgumentParser
import CActionCLIP

struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "classify",
    abstract: "Rank labels by how well they describe each video.",
    discussion: """
      Labels come from a file (one per line; blank lines and lines that begin with # do not count; \
      a table with the header id,name is read too), from --label, once for each, from the keys of \
      --descriptions, or from the model's own file if it names some; or --classifier brings them with \
      what it learned, and tells videos that show none of them.
      A video that cannot be read is reported on standard error and the next one follows.
      With --json, each video is one line: path, labels (label, probability), none_of_these (with \
      --classifier), frames (the indices that were looked at), damaged_frames (that were met), notes (what was assumed of the model, and labels \
      that it never learned; said on standard error once), error (null when all went well).
      With --segments, parts of videos are ranked instead, each as a video of its own, and each JSON line has start and \
      end after path.
      """)

  @Argument(help: ArgumentHelp("Video files.", valueName: "video"))
  var videos: [FilePath] = []

  @Option(
    help: ArgumentHelp(
      """
      A CSV file of parts to rank: a header with start and end, in seconds, and a line for each part. With a column path, \
      relative to the file's folder, it names the videos too; else the parts are those of each video given.
      """,
      valueName: "file"))
  var segments: FilePath?

  @Option(help: .model)
  var model: FilePath?

  @OptionGroup
  var candidates: LabelOptions

  @Option(help: ArgumentHelp("How many labels to show; 0 for all.", valueName: "count"))
  var top = 5

  @OptionGroup
  var scoring: ScoringOptions

  @Option(
    help: ArgumentHelp(
      "Clips along the time x squares of the picture (1 or 3), whose scores are joined as eval joins them.",
      valueName: "clipsxcrops"))
  var views = Views.single

  @OptionGroup
  var folders: FolderOptions

  @Flag(help: "One JSON object per video, each on its line.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    if videos.isEmpty, segments == nil {
      throw ValidationError("Give a video, or --segments with a file that names videos.")
    }
    try FilePath.refuseStandardInput(videos)
    if top < 0 { throw ValidationError("--top must be 0 or more.") }
    try scoring.refuse(candidates)
  }

  func run() throws {
    let parts = try self.parts()
    let descriptions = try scoring.prompts.readDescriptions()
    let model = try options.load(model)
    // Once for all videos: for a single short one the text encoder is most of the work.
    let scorer = try scoring.scorer(candidates, descriptions, with: model)
    let notes = try ModelNotes(model, labels: scorer.wordLabels, of: scorer.labels.count)
    notes.tell()
    let reports = VideoReports(json: json)
    let opening = folders.opening(scoring.decode, threads: options.threads)
    let encoder = VideoEncoder(model: model, resize: scoring.resize, views: views, opening: opening)
    let videoScorer = VideoScorer(encoder: encoder, labels: scorer)
    var opened: (path: FilePath, video: Video)?
    try reports.write(parts, name: \.name) { part in
      let video: Video
      if let opened, opened.path.bytes == part.path.bytes {
        video = opened.video
      } else {
        video = try Video(part.path, opening)
        opened = (part.path, video)
      }
      let seen = try look(at: video, in: part.span, with: encoder)
      let ranking = Ranking(
        labels: scorer.labels, probabilities: try videoScorer.scores(views: seen.views), top: top,
        thresholds: scorer.thresholds)
      reports.warn(part.name, damaged: seen.damaged, of: seen.count)
      return json
        ? line(part, ranking: ranking, seen: seen, notes).text
        : text(part.name, ranking: ranking, seen: seen, terminal: reports.terminal)
    } failure: {
      line($0, error: $1, notes)
    }
  }

  /// A video to rank, or a part of one.
  private struct Part {
    let path: FilePath
    let span: TimeSpan?

    var name: String { span.map { "\(path.shown) \($0.shown)" } ?? path.shown }
  }

  private func parts() throws(CommandError) -> [Part] {
    guard let segments else { return videos.map { Part(path: $0, span: nil) } }
    let list = try SegmentList(segments)
    guard list.namesVideos == videos.isEmpty else {
      throw CommandError(
        list.namesVideos
          ? "\(segments.shown) names the videos in its column of paths: give no video beside it"
          : "\(segments.shown) has no column path: give the video whose parts it lists")
    }
    if list.namesVideos {
      return list.segments.compactMap { part in part.path.map { Part(path: $0, span: part.span) } }
    }
    return videos.flatMap { video in list.segments.map { Part(path: video, span: $0.span) } }
  }

  private struct Seen {
    let views: [Float]  // embeddings, [views, E]
    let indices: [Int64]  // [T, clips]
    let count: Int64
    let damaged: Int64
  }

  private func look(
    at video: Video, in span: TimeSpan?, with encoder: VideoEncoder
  ) throws(LibraryError) -> Seen {
    let views = try encoder.embeddings(of: video, in: span).embeddings
    let info = try video.outline()
    let frames =
      try span.map { (span) throws(LibraryError) in try video.frames(in: span) } ?? 0..<info.frame_count
    let inside = try encoder.indices(frameCount: Int64(frames.count), frameRate: info.frame_rate)
    return Seen(
      views: views, indices: inside.map { $0 + frames.lowerBound }.sorted(), count: Int64(frames.count),
      damaged: info.damaged_frames)
  }

  private func text(_ path: String, ranking: Ranking, seen: Seen, terminal: Terminal) -> String {
    let head = "\(terminal.bold(printable(path)))  (\(seen.indices.count) of \(seen.count) frames)"
    return ([head] + ranking.lines(on: terminal)).joined(separator: "\n")
  }

  private func line(_ part: Part, ranking: Ranking, seen: Seen, _ notes: ModelNotes) -> JSONValue {
    line(
      part, ranking.json, .array(seen.indices.map { .int($0) }), isNone: .bool(ranking.isNone),
      damaged: .int(seen.damaged), notes, error: .null)
  }

  private func line(_ part: Part, error: String, _ notes: ModelNotes) -> JSONValue {
    line(part, .array([]), .array([]), isNone: .null, damaged: .null, notes, error: .string(error))
  }

  private func line(
    _ part: Part, _ labels: JSONValue, _ frames: JSONValue, isNone: JSONValue, damaged: JSONValue,
    _ notes: ModelNotes, error: JSONValue
  ) -> JSONValue {
    func member(_ key: String, _ value: JSONValue) -> JSONValue.Member { .init(key: key, value: value) }
    let none = scoring.classifier == nil ? [] : [member("none_of_these", isNone)]
    return .object(
      [member("path", .string(part.path.shown))] + (part.span?.members ?? []) + [member("labels", labels)]
        + none + [
          member("frames", frames), member("damaged_frames", damaged), member("notes", notes.json),
          member("error", error),
        ])
  }
}
