import ArgumentParser
import CActionCLIP

struct Embed: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "embed",
    abstract: "Make an archive: embed videos once, to search them with any words.",
    discussion: """
      Windows slide over each video, and each is a row: an embedding of unit length, with the video's path and the \
      window's start and end. Folders are searched for videos by their names. Run again, it goes on where it was stopped \
      or killed, passes over unchanged videos, and knows moved ones by their content. A video that cannot be read is \
      written to failures.jsonl, and the next one follows; it is tried again once it has changed, or with --retry.
      An archive has one model and one kind of windows: but for the model, what is not given is as the \
      archive has it.
      --shard 0/4 to 3/4 share a list among machines, and actionclip merge joins the four archives.
      docs/ARCHIVES.md has the files, and recipes for clusters.
      """)

  @Argument(help: ArgumentHelp("Video files, and folders to search for videos.", valueName: "path"))
  var paths: [FilePath] = []

  @Option(
    help: ArgumentHelp(
      "A file of paths, one on each line, or JSON lines with \"path\" (.jsonl); - for standard input. Lines that begin with # are comments (./#1.mp4 is a path). Paths begin in the list's folder.",
      valueName: "file"))
  var list: FilePath?

  @Option(help: ArgumentHelp("The folder that the list's paths begin in.", valueName: "dir"))
  var root: FilePath?

  @Option(
    help: ArgumentHelp(
      "The archive, a folder. It is made if it is not there; the folder around it must be.", valueName: "dir")
  )
  var out: FilePath

  @Option(help: .model)
  var model: FilePath?

  @Option(
    help: ArgumentHelp(
      "How long a window is (default: what the model's file declares, else 2).", valueName: "seconds"))
  var window: Double?

  @Option(help: ArgumentHelp("From one window to the next (default: half a window).", valueName: "seconds"))
  var step: Double?

  @Flag(help: "One row for each video, of frames from all of it, in place of windows.")
  var whole = false

  @Option(help: "The type of the numbers (default: float16).")
  var dtype: EmbeddingType?

  @Option(
    help: ArgumentHelp(
      "Only a part of the videos: 0/4 is the first of four. A hash of the path decides.", valueName: "i/n"),
    transform: {
      guard let shard = PathShard($0) else {
        throw ValidationError("expected a part such as 0/4, 1/4, 2/4 or 3/4")
      }
      return shard
    })
  var shard: PathShard?

  @Option(help: "Videos that are worked on at once (default: one per thread).")
  var jobs: Int?

  @Flag(help: "Exit with status 3 if any video failed.")
  var strict = false

  @Flag(help: "Leave out the rows of videos that are no longer there, and say how many.")
  var prune = false

  @Flag(help: "Leave them out even where a folder has no video left.")
  var pruneAll = false

  @Flag(help: "Try failed videos again though they have not changed.")
  var retry = false

  @Flag(help: "Report the run as a JSON object.")
  var json = false

  @Flag(help: "Say nothing but errors, and with --json the report.")
  var quiet = false

  @Option(help: "The greatest number of rows in a shard (default: 65536).")
  var shardRows: Int?

  @OptionGroup
  var pictures: PictureOptions

  @OptionGroup(title: "Model options")
  var options: ModelOptions

  func validate() throws {
    if paths.isEmpty, list == nil {
      throw ValidationError("Give videos, folders or --list with a file of paths.")
    }
    try FilePath.refuseStandardInput(paths)
    if root != nil, list == nil { throw ValidationError("--root is for --list.") }
    try requireSeconds(window, "--window")
    try requireSeconds(step, "--step")
    if whole, window != nil || step != nil {
      throw ValidationError("--whole has no windows: leave --window and --step out.")
    }
    if let window, let step, step > window {
      throw ValidationError("--step must be at most --window: no window would show what lies between.")
    }
    if let jobs, !(1...256).contains(jobs) { throw ValidationError("--jobs must be 1 to 256.") }
    if let shardRows, !(1...1 << 24).contains(shardRows) {
      throw ValidationError("--shard-rows must be 1 to \(1 << 24).")
    }
  }

  func run() throws {
    let report = try EmbedSession(self).run()
    if json || !quiet { try Output().line(json ? report.json.text : report.text) }
    if strict, report.failed > 0 { throw AlreadyReported(exitStatus: 3) }
  }
}
