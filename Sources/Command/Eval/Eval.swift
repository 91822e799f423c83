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
      counted from 0) or a name.
      A video that cannot be read is reported and does not count; the exit status is 0 unless all \
      fail. docs/EVALUATION.md has the rules, and commands for the usual data sets.
      """)

  @Argument(help: ArgumentHelp("Videos and their labels.", valueName: "list"))
  var list: FilePath

  @Option(help: ArgumentHelp("The model's weights.", valueName: "path"))
  var model: FilePath

  @Option(help: ArgumentHelp("A file of labels, as classify reads it.", valueName: "path"))
  var labels: FilePath

  @Option(help: ArgumentHelp("The folder that paths begin in (default: the list's).", valueName: "dir"))
  var root: FilePath?

  @Option(help: "What stands between fields (default: as in the first row).")
  var separator: VideoList.Separator?

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

  @Flag(help: "Exit with status 1 if any video could not be read.")
  var strict = false

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func run() throws {
    let classes = try ClassList(labels)
    let rows = try VideoList(list, classes: classes, separator: separator, multiLabel: multiLabel).rows
    let loaded = try options.load(model)
    let (texts, templates) = try loaded.encode(labels: classes.labels, templates: scoring.template)
    let scorer = VideoScorer(
      model: loaded, texts: texts, templates: templates, classes: classes.count, scale: scoring.scale,
      resize: scoring.resize, views: views, threads: options.threads ?? 0)

    var scored: [Scored] = []
    var failures: [EvalReport.Failure] = []
    var damaged = 0
    for row in rows {
      let path = row.path.inside(folder)
      do {
        let seen = try scorer.scores(of: path)
        scored.append(Scored(classes: row.classes, scores: seen.scores))
        if seen.damaged > 0 {
          damaged += 1
          Diagnostics.warning("\(path.shown): frames are damaged: \(seen.damaged)")
        }
      } catch {
        let said = explanation(of: error, naming: path.shown)
        Diagnostics.warning(said)
        failures.append(EvalReport.Failure(line: row.line, path: row.path.shown, error: said))
      }
    }
    let report = EvalReport(
      setting: setting(loaded, templates: templates), title: "\(model.shown) on \(list.shown)",
      classes: classes,
      metrics: multiLabel
        ? .multi(MultiLabelMetrics(scored, classCount: classes.count))
        : .single(SingleLabelMetrics(scored, classCount: classes.count)),
      scored: scored.count, damaged: damaged, failures: failures)
    try write(report)
    if scored.isEmpty { throw CommandError("\(list.shown): none of its videos could be read") }
    if strict, !failures.isEmpty { throw AlreadyReported() }
  }

  private var folder: FilePath { root ?? list.folder }

  private func setting(_ loaded: Model, templates: Int) -> [JSONValue.Member] {
    func member(_ key: String, _ value: JSONValue) -> JSONValue.Member { .init(key: key, value: value) }
    return [
      member("library", .string(Version.library)),
      member("model", .string(model.shown)),
      member("list", .string(list.shown)),
      member("labels", .string(labels.shown)),
      member("multi_label", .bool(multiLabel)),
      member("head", .string(Head.name(of: loaded.info.head))),
      member("frames", .int(Int64(loaded.frames))),
      member("views", .string(views.description)),
      member("resize", .string(scoring.resize.rawValue)),
      member("scale", .float(scoring.scale)),
      member("templates", .int(Int64(templates))),
    ]
  }

  private func write(_ report: EvalReport) throws {
    let output = Output()
    if let json, json.bytes != Array("-".utf8) {
      try Files.replace(json, with: Array((report.json.text + "\n").utf8))
    } else if json != nil {
      return try output.line(report.json.text)
    }
    try output.line(report.text(on: Terminal.standardOutput()))
  }
}
