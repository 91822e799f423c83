import ArgumentParser

/// A list of videos with labels, the model that it is for, and how its videos are read.
struct LabelledVideos: ParsableArguments {
  @OptionGroup
  var listed: LabelledList

  @Option(help: .model)
  var model: FilePath?

  @OptionGroup
  var folders: FolderOptions

  var list: FilePath { listed.list }
  var labels: FilePath? { listed.labels }
  var reading: ListOptions { listed.reading }

  /// The model's name for people.
  var modelName: String { model?.shown ?? "the default model" }
}
