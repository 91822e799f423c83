import ArgumentParser
import CActionCLIP

struct Prompts: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "prompts",
    abstract: "Choose weights for prompt templates by videos.",
    discussion: """
      The list is read as eval reads it, and some videos of each label are enough. The labels are those \
      of --labels, else the list's if its form names them, else the model's own. Templates come from the model, the \
      built-in pool, --pool and --template. Their weights are fitted to the labels; how much, and whether at all, is \
      decided by leaving videos out, so no other videos are needed. With --unlabelled the list has a path on each \
      line, and the weights follow from how clearly the labels are told apart in each template.
      With --out the model is written as one file with the templates that are left and their weights, and is used like any other.
      docs/PROMPTS.md has the formulas.
      """)

  @OptionGroup
  var listed: LabelledVideos

  @Flag(help: "The list has paths alone.")
  var unlabelled = false

  @OptionGroup(title: "Templates to choose from")
  var pool: PoolOptions

  @Option(
    help: ArgumentHelp(
      "The strength of the prior, as a share of the videos; the weights are then fitted in any case (default: chosen by leaving videos out).",
      valueName: "share"))
  var strength: Double?

  @OptionGroup
  var pictures: PictureOptions

  @Option(help: "The factor on cosines before the softmax.")
  var scale: Float = 100

  @Option(
    help: ArgumentHelp("Write the model with the templates and weights that were chosen.", valueName: "path"))
  var out: FilePath?

  @Flag(help: "Write the result as one JSON object.")
  var json = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    guard let strength else { return }
    if unlabelled { throw ValidationError("--strength needs videos with labels.") }
    if !(strength >= 0 && strength.isFinite) { throw ValidationError("--strength must be 0 or more.") }
  }

  func run() throws {
    if let out { try Files.requireWritable(out) }
    try Files.requireOwnPlaces([out], beside: [listed.list, listed.labels, pool.pool])
    let source = try ListSource(listed.list)
    let loaded = try options.load(listed.model)
    guard loaded.videoSize == loaded.embeddingSize else {
      throw CommandError(
        "\(listed.modelName): each video moves this model's texts (X-CLIP), for which no weights of templates are fitted"
      )
    }
    let own = try listed.labels.map { try ClassList($0) }
    // A list that names its labels is asked for them, unless others were given.
    let known = try own ?? (source.namesClasses && !unlabelled ? nil : ClassList(of: loaded))
    let videos = try unlabelled ? nil : listed.reading.videos(source, classes: known)
    guard let classes = videos?.classes ?? known else {
      throw CommandError("the model names no labels of its own: give --labels FILE")
    }
    let templates = try pool.templates(for: loaded)
    let notes = try ModelNotes(loaded, labels: classes.labels)
    notes.tell()
    let texts = try loaded.encode(labels: classes.labels, templates: templates)
    let encoded = try encode(
      videos?.rows ?? paths(source), in: videos?.root ?? listed.reading.root ?? source.defaultRoot,
      with: loaded)
    guard !encoded.embeddings.isEmpty else {
      throw CommandError("\(listed.list.shown): none of its videos could be read")
    }
    let chosen =
      unlabelled
      ? try loaded.chooseWeights(videos: encoded.embeddings, texts, scale: scale)
      : try loaded.chooseWeights(
        videos: encoded.embeddings, labels: encoded.labels, clips: encoded.clips, texts, scale: scale,
        strength: strength)
    let report = PromptsReport(
      title: "\(listed.modelName) on \(listed.list.shown)", templates: templates, chosen: chosen,
      ownTop1: unlabelled ? nil : try ownTop1(loaded, classes, encoded), videos: encoded.clips.count,
      failures: encoded.failures, written: out, notes: notes)
    if let out { try save(loaded, to: out, report.kept) }
    try Output().line(json ? report.json.text : report.text(on: Terminal.standardOutput()))
  }

  /// The paths of a list without labels, one on each line.
  private func paths(_ source: ListSource) throws(CommandError) -> [VideoList.Row] {
    guard let bytes = source.bytes else {
      throw CommandError("\(listed.list.shown): expected a file with a path on each line")
    }
    return Files.lines(of: bytes).map(ListFields.trim).enumerated().compactMap { index, line in
      if line.isEmpty || line.first == UInt8(ascii: "#") { return nil }
      return VideoList.Row(number: index + 1, path: FilePath(bytes: Array(line)), span: nil, classes: [])
    }
  }

  /// The embeddings of videos, with the class and the clip of each.
  private struct Encoded {
    var embeddings: [Float] = []
    var labels: [Int32] = []
    var clips: [Int64] = []
    var failures: [(path: String, error: String)] = []
  }

  private func encode(_ rows: [VideoList.Row], in folder: FilePath, with model: Model) throws -> Encoded {
    let encoder = VideoEncoder(
      model: model, resize: pictures.resize, views: .single,
      opening: listed.folders.opening(pictures.decode, threads: options.threads))
    try encoder.checkOptions()
    var encoded = Encoded()
    guard !rows.isEmpty else { throw CommandError("\(listed.list.shown): there is no video in it") }
    try encoder.encode(rows, in: folder) { row, outcome in
      switch outcome {
      case .read(let embeddings, _):
        encoded.embeddings += embeddings
        encoded.labels.append(Int32(clamping: row.classes.first ?? 0))
        encoded.clips.append(Int64(row.number))
      case .failed(let error): encoded.failures.append((row.path.shown, error))
      }
    }
    return encoded
  }

  /// The share of the videos that the model classifies right with its own templates and weights.
  private func ownTop1(_ model: Model, _ classes: ClassList, _ encoded: Encoded) throws -> Double {
    let texts = try model.encode(labels: classes.labels, templates: [])
    let scores = try model.probabilities(videos: encoded.embeddings, texts, scale: scale)
    let hits = encoded.labels.enumerated().count { video, label in
      let row = Array(scores[(video * classes.count)..<((video + 1) * classes.count)])
      return Scored(classes: [Int(label)], scores: row).rank(of: Int(label)) == 0
    }
    return Double(hits) / Double(max(1, encoded.labels.count))
  }

  private func save(
    _ model: Model, to path: FilePath, _ kept: [(template: String, weight: Float)]
  ) throws(LibraryError) {
    let storage: Storage =
      switch model.info.compute_type {
      case Int32(ACTIONCLIP_COMPUTE_BF16): .bf16
      case Int32(ACTIONCLIP_COMPUTE_INT8): .int8
      default: .fp32
      }
    try model.save(
      to: path,
      ModelContents(storage: storage, templates: kept.map(\.template), templateWeights: kept.map(\.weight)))
  }
}
