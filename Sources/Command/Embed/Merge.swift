import ArgumentParser

struct Merge: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "merge",
    abstract: "Join archives of embed into one, such as the parts of a cluster.",
    discussion: """
      Copies the rows of all archives into a new one, by the order of their paths. Four archives that \
      actionclip embed --shard 0/4 to 3/4 made become the archive that one run would have made, byte for byte. Rows that \
      are left out, as of removed videos, are not copied. The archives must have one model and one kind of windows, no \
      video may be in two, and each must be finished. Nothing is decoded. docs/ARCHIVES.md says more.
      """)

  @Argument(help: ArgumentHelp("The archive to make, a folder.", valueName: "out"))
  var out: FilePath

  @Argument(help: ArgumentHelp("Archives to join.", valueName: "archive"))
  var archives: [FilePath]

  @Flag(help: "Report the archive as a JSON object.")
  var json = false

  func run() throws {
    let report = try ArchiveMerge(archives, into: ArchiveFolder(path: out)).run()
    try Output().line(json ? report.json.text : report.text)
  }
}
