import ArgumentParser

/// A list of videos with labels, and how it is read.
struct LabelledList: ParsableArguments {
  @Argument(help: ArgumentHelp("Videos and their labels: a file or a folder.", valueName: "list"))
  var list: FilePath

  @Option(
    help: ArgumentHelp("A file of labels, as classify reads it (default: as said above).", valueName: "path"))
  var labels: FilePath?

  @OptionGroup
  var reading: ListOptions
}
