import ArgumentParser

/// A list of videos with labels, and the model that it is for.
struct LabelledVideos: ParsableArguments {
  @Argument(help: ArgumentHelp("Videos and their labels: a file or a folder.", valueName: "list"))
  var list: FilePath

  @Option(
    help: ArgumentHelp(
      "The model's file or folder, or its name in Hugging Face (default: the default model).",
      valueName: "path"))
  var model: FilePath?

  @Option(
    help: ArgumentHelp(
      "A file of labels, as classify reads it (default: the list's, if its form names them, else the model's own).",
      valueName: "path"))
  var labels: FilePath?

  @OptionGroup
  var reading: ListOptions

  @OptionGroup
  var folders: FolderOptions

  /// The model's name for people.
  var modelName: String { model?.shown ?? "the default model" }
}
