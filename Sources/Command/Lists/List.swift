import ArgumentParser

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Check a list of videos and print it as JSON lines.",
    discussion: """
      Reads a list in any form of docs/LISTS.md without opening a video. The first line has the labels, each \
      further one a video: its path, the labels by their positions in the first line, and start and end in seconds \
      for a part of a video. The labels are those of --labels, else the list's own, by the alphabet where only its \
      videos name them. Everything that is wrong with the list is an error.
      With --check the files are looked at too: warnings tell videos that are not there, copies of one video under several \
      names, and labels without a video. With --against they also tell videos that another list has, such as that of the \
      test.
      """)

  @OptionGroup
  var listed: LabelledList

  @Flag(help: "Rows have any number of labels.")
  var multiLabel = false

  @Flag(help: "Look at the files too, and warn of what would spoil training on the list or a test by it.")
  var check = false

  @Option(
    help: ArgumentHelp(
      "Another list that should have none of the videos; repeat it for more. It means --check.",
      valueName: "list"))
  var against: [FilePath] = []

  @Option(help: "The part of the data set that the lists of --against mean, as --split.")
  var againstSplit: Split?

  @Flag(help: "Exit with status 1 if there is a warning of --check.")
  var strict = false

  func validate() throws {
    if strict, !check, against.isEmpty { throw ValidationError("--strict is for --check and --against.") }
  }

  func run() throws {
    let classes = try listed.labels.map { path throws(CommandError) in try ClassList(path) }
    let videos = try listed.reading.videos(ListSource(listed.list), classes: classes, multiLabel: multiLabel)
    let sentences = try check || !against.isEmpty ? faults(of: videos, classes) : []
    let output = Output()
    let names = videos.classes.labels.map { JSONValue.string($0) }
    try output.line(JSONValue.object([.init(key: "labels", value: .array(names))]).text)
    for row in videos.rows {
      let members: [JSONValue.Member] =
        [.init(key: "path", value: .string(row.path.inside(videos.root).shown))] + (row.span?.members ?? [])
        + (row.frames?.members ?? [])
        + [.init(key: "labels", value: .array(row.classes.map { .int(Int64($0)) }))]
      try output.line(JSONValue.object(members).text)
    }
    for sentence in sentences { Diagnostics.warning(sentence) }
    if strict, !sentences.isEmpty { throw AlreadyReported() }
  }

  /// Faults of the files of the list, in sentences.
  /// - Parameter classes: the labels of --labels.
  private func faults(of videos: VideoList, _ classes: ClassList?) throws -> [String] {
    let missing = videos.rows.map { $0.path.inside(videos.root) }.filter { !$0.exists }
    var sentences: [String] = []
    if let first = missing.first {
      sentences.append(
        "\(missing.count) of \(videos.rows.count) videos are not there, the first is \(first.shown)")
    }
    var measured: [ListFaults.Measured] = []
    for path in against {
      let other = try listed.reading.others(
        ListSource(path), classes: classes, multiLabel: multiLabel, split: againstSplit)
      let name = path.shown + (againstSplit.map { " (\($0))" } ?? "")
      measured.append(.init(name: name, rows: other.rows, root: other.root))
    }
    let all = 0..<videos.classes.count
    return sentences
      + ListFaults(trained: videos.rows, use: "", of: videos, expected: all, measured: measured).sentences
  }
}
