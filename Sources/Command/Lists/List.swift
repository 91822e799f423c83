import ArgumentParser

struct List: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "Check a list of videos and print it as JSON lines.",
    discussion: """
      Reads a list in any form of docs/LISTS.md without opening a video. The first line has the labels, each \
      further one a video: its path, the labels by their positions in the first line, and start and end in seconds \
      for a part of a video. Everything that is wrong with the list is an error.
      """)

  @Argument(help: ArgumentHelp("Videos and their labels: a file or a folder.", valueName: "list"))
  var list: FilePath

  @Option(
    help: ArgumentHelp(
      "A file of labels, as classify reads it (default: the list's, if its form names them).",
      valueName: "path"))
  var labels: FilePath?

  @OptionGroup
  var reading: ListOptions

  @Flag(help: "Rows have any number of labels.")
  var multiLabel = false

  func run() throws {
    let source = try ListSource(list)
    guard labels != nil || source.namesClasses else {
      throw CommandError("\(list.shown): a list of this form names no labels: give --labels FILE")
    }
    let videos = try reading.videos(
      source, classes: try labels.map { path throws(CommandError) in try ClassList(path) },
      multiLabel: multiLabel)
    let output = Output()
    let names = videos.classes.labels.map { JSONValue.string($0) }
    try output.line(JSONValue.object([.init(key: "labels", value: .array(names))]).text)
    for row in videos.rows {
      let members: [JSONValue.Member] =
        [.init(key: "path", value: .string(row.path.inside(videos.root).shown))] + (row.span?.members ?? [])
        + [.init(key: "labels", value: .array(row.classes.map { .int(Int64($0)) }))]
      try output.line(JSONValue.object(members).text)
    }
  }
}
