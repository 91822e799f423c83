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

  @Option(help: ArgumentHelp("How many labels to show; 0 for all.", valueName: "count"))
  var top = 5

  @OptionGroup
  var scoring: ScoringOptions

  @Flag(help: "One JSON object per video, each on its line.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    if top < 0 { throw ValidationError("--top must be 0 or more.") }
    try scoring.refuse(candidates)
  }

  func run() throws {
    let descriptions = try scoring.prompts.readDescriptions()
    let model = try options.load(model)
    // Once for all videos: for a single short one the text encoder is most of the work.
    let scorer = try scoring.scorer(candidates, descriptions, with: model)
    let notes = try ModelNotes(model, labels: scorer.wordLabels)
    notes.tell()
    let reports = VideoReports(json: json)
    try reports.write(videos) { video, path in
      let seen = try look(at: video, with: model)
      let ranking = Ranking(
        labels: scorer.labels, probabilities: try scorer.probabilities(videos: seen.embedding), top: top,
        thresholds: scorer.thresholds)
      reports.warn(path, damaged: seen.damaged, of: seen.count)
      return json
        ? line(path, ranking: ranking, seen: seen, notes).text
        : text(path, ranking: ranking, seen: seen, terminal: reports.terminal)
    } failure: {
      line($0, error: $1, notes)
    }
  }

  private struct Seen {
    let embedding: [Float]  // [E]
    let indices: [Int64]  // [T]
    let count: Int64
    let damaged: Int64
  }

  private func look(at path: FilePath, with model: Model) throws(LibraryError) -> Seen {
    let video = try Video(path: path, threads: options.threads ?? 0, decode: scoring.decode)
    let embedding = try video.encode(with: model, resize: scoring.resize)
    let info = try video.outline()
    return Seen(
      embedding: embedding,
      indices: try model.indices(of: info.frame_count, segments: model.frames, frameRate: info.frame_rate),
      count: info.frame_count, damaged: info.damaged_frames)
  }

  private func text(_ path: String, ranking: Ranking, seen: Seen, terminal: Terminal) -> String {
    let head = "\(terminal.bold(printable(path)))  (\(seen.indices.count) of \(seen.count) frames)"
    return ([head] + ranking.lines(on: terminal)).joined(separator: "\n")
  }

  private func line(_ path: String, ranking: Ranking, seen: Seen, _ notes: ModelNotes) -> JSONValue {
    line(
      path, ranking.json, .array(seen.indices.map { .int($0) }), isNone: .bool(ranking.isNone),
      damaged: .int(seen.damaged), notes, error: .null)
  }

  private func line(_ path: String, error: String, _ notes: ModelNotes) -> JSONValue {
    line(path, .array([]), .array([]), isNone: .null, damaged: .null, notes, error: .string(error))
  }

  private func line(
    _ path: String, _ labels: JSONValue, _ frames: JSONValue, isNone: JSONValue, damaged: JSONValue,
    _ notes: ModelNotes, error: JSONValue
  ) -> JSONValue {
    func member(_ key: String, _ value: JSONValue) -> JSONValue.Member { .init(key: key, value: value) }
    let none = scoring.classifier == nil ? [] : [member("none_of_these", isNone)]
    return .object(
      [member("path", .string(path)), member("labels", labels)] + none + [
        member("frames", frames), member("damaged_frames", damaged), member("notes", notes.json),
        member("error", error),
      ])
  }
}
