import ArgumentParser

/// How a list of videos is read.
struct ListOptions: ParsableArguments {
  @Option(help: ArgumentHelp("The folder that paths begin in (default: the list's).", valueName: "dir"))
  var root: FilePath?

  @Option(
    help:
      "The part of a data set that is read, where its list has several: train, val or test, in HMDB-51 also test2 and the like."
  )
  var split: Split?

  @Option(
    help: ArgumentHelp(
      "The columns of rows that no header names, as path,frames,labels or path,offset,frames,label (default: path,label or path,frames,label).",
      valueName: "names"), transform: Arguments.text)
  var columns: String?

  @Option(help: "The separator of fields (default: as in the first row).")
  var separator: ListFields.Separator?

  /// Reads the list, and warns of what was left out. The parameters are those of `VideoList`.
  func videos(
    _ source: ListSource, classes: ClassList?, extends: Bool = false, multiLabel: Bool = false
  ) throws -> VideoList {
    let videos = try VideoList(
      source, classes: classes, extends: extends, separator: separator, columns: columns,
      multiLabel: multiLabel, split: split, root: root)
    if let note = videos.note { Diagnostics.warning(note) }
    return videos
  }

  /// Reads a list that stands beside the first, or another split of it. Its own form decides whether --columns are for it.
  func others(
    _ source: ListSource, classes: ClassList?, multiLabel: Bool = false, split: Split? = nil
  ) throws -> VideoList {
    var reading = self
    if source.form != .text { reading.columns = nil }
    reading.split = split
    return try reading.videos(source, classes: classes, multiLabel: multiLabel)
  }
}
